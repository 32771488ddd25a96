/* The word of core/barrier.c, each of whose changes is one exchange, and the sleep of who waits for the others.
 *
 * Two parties pass ROUNDS rounds, or until the barrier is broken; as many as DEATHS of them die, at any step, and somebody
 * notices at some time later (carom__barrier_mourn).  -DRESETS=n: somebody resets it so often, at any time.
 *
 * Checked: who passes a round has the others with him; who lives waits for ever for nobody; and nobody needs the 50 ms but
 * after a death.
 *
 * What is wrong with BREAK: 1 sleepers are woken before the word changes; 2 a reset keeps who has come; 3 a round that is over
 * was passed, however it ended; 4 a death is noticed and breaks nothing; 5 who breaks it wakes nobody; 6 a death breaks the
 * round that it was noticed in, or none. */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef RESETS
#define RESETS 0
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

#define PARTIES 2
#define LAST_ROUND (ROUNDS + RESETS + 2)

/* The word; how rounds ended is kept for all of them here. */
byte arrived, round;
bit broken;
bit passed[LAST_ROUND];

byte turns;
bit sleeps[PARTIES + 1];

/* For checks alone. */
bit dead[PARTIES + 1], done[PARTIES + 1];
byte deaths = DEATHS, resets = RESETS;
byte died, capped, mourned;
byte came[LAST_ROUND];

#define wake_all() d_step { turns++; sleeps[1] = 0; sleeps[2] = 0 }

/* carom_plat_park(): until woken, or the 50 ms are over, which are so long that nothing else can happen. */
inline park()
{
    d_step {
        if
        :: turns == heard -> sleeps[me] = 1
        :: else
        fi
    };
    if
    :: !sleeps[me]
    :: timeout && sleeps[me] -> sleeps[me] = 0; capped++; assert(capped <= died)
    fi
}

/* sleep_through() */
inline sleep_through()
{
    do
    :: true ->
        heard = turns;
        d_step {
            is_over = (round != mine);
#if BREAK == 3
            ok = is_over;
#else
            ok = is_over && passed[mine];
#endif
            is_broken = broken
        };
        if
        :: is_over || is_broken -> break
        :: else -> park()
        fi
    od;
    heard = 0;
    is_over = 0;
    is_broken = 0
}

/* wait() */
inline wait()
{
#if BREAK == 1
    wake_all();
#endif
    d_step {
        ok = 0;
        is_last = 0;
        mine = round;
        if
        :: broken -> is_broken = 1
        :: else ->
            is_broken = 0;
            came[mine]++;
            arrived++;
            if
            :: arrived == PARTIES -> is_last = 1; arrived = 0; passed[round] = 1; round++
            :: else
            fi
        fi
    };
    if
    :: is_broken
    :: else ->
        if
        :: is_last ->
#if BREAK != 1
            wake_all();
#endif
            ok = 1
        :: else -> sleep_through()
        fi
    fi;
    assert(!ok || came[mine] == PARTIES)
}

proctype party(byte me)
{
    byte mine, heard, rounds = ROUNDS;
    bit ok, is_last, is_broken, is_over;

    {
        do
        :: rounds > 0 ->
            wait();
            if
            :: ok -> rounds--
            :: else -> break
            fi
        :: else -> break
        od;
        done[me] = 1
    } unless {
        dead[me]
    }
}

/* break_it(): of the round that was seen. */
inline break_it()
{
    d_step {
        if
        :: !broken && round == seen -> broken = 1; arrived = 0; did = 1
        :: else -> did = 0
        fi
    };
    if
    :: did ->
#if BREAK != 5
        wake_all()
#else
        skip
#endif
    :: else
    fi
}

/* break_now() */
inline break_now()
{
    do
    :: true ->
        seen = round;
        break_it();
        if
        :: did || broken || BREAK == 6 -> break
        :: else
        fi
    od;
    seen = 0;
    did = 0
}

/* carom__barrier_mourn(), when a process is dead that had a handle; and when one has given up, so that the others do not wait for
 * it: a timeout's way to break it. */
proctype reaper()
{
    byte seen;
    bit did;

    do
    :: mourned < died ->
#if BREAK != 4
        break_now();
#endif
        mourned++
    :: atomic { (done[1] || dead[1]) && (done[2] || dead[2]) -> break }
    :: RESETS > 0 && (done[1] != done[2]) && !broken ->
        break_now()
    od
}

proctype resetter()
{
    do
    :: resets > 0 && !broken ->
        d_step {
#if BREAK != 2
            arrived = 0;
#endif
            passed[round] = 0;
            round++
        };
        wake_all();
        resets--
    :: true -> break
    od
}

proctype killer()
{
    do
    :: deaths > 0 ->
        atomic {
            if
            :: !done[1] -> dead[1] = 1; died++; sleeps[1] = 0
            :: else
            fi;
            deaths--
        }
    :: true -> break
    od
}

init
{
    atomic {
        run party(1);
        run party(2);
        run reaper();
        run resetter();
        run killer()
    }
}
