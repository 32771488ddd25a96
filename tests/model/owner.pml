/* The lock of core/lock.c, whose word names the owner, and whose sleepers sleep on a count of wakes.
 *
 * Three contenders, each a process of its own: one enters ROUNDS times, and one, where HASTY, gives up at any time once it has
 * to wait.  As many as DEATHS of them die, any or the VICTIM, at any step; the slot of a dead one is let go by another, at any
 * time or never, as carom__lock_mourn() does it.  Who is told of a death declares the state good, or not.
 *
 * Checked: one owner at a time; that an owner died is told to all that come after him, until one of them says that the state
 * is good, and to nobody otherwise; and that all who live get the lock or give up, where
 *
 *   EARLY 1: parking may end at any time, as futexes and semaphores do;
 *   EARLY 0: it ends by being woken, or after the 50 ms, which are taken for so long that nothing else can happen.  Nobody
 *            needs them but after a death, and each costs them once.
 *
 * All is in one order here.  In the code two pairs need it: the word is given back before wakes are counted, and wakes are
 * read before the word; and who gives up looks at the word after he has slept.
 *
 * Not here: watches, which sleep on the same count (carom__lock_doze), locks entered twice by their owner, parking by buckets
 * (lock.pml has that), and numbers of processes that are used again.  With EARLY 0 nobody dies after the 50 ms were needed.
 *
 * What is wrong with BREAK: 1 a dead owner's lock becomes free when his slot is let go; 2 who gives up keeps a wake; 3 who has
 * slept takes the lock without the bit; 4 the word is read before the wakes are; 5 that it is suspect is said before the word
 * is one's own; 6 nobody asks whose the word is when a slot is let go. */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef EARLY
#define EARLY 0
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef HASTY
#define HASTY 0
#endif
#ifndef ROUNDS
#define ROUNDS 2                   /* of one; the others enter once */
#endif

#define PARTIES 3

/* The word: the owner, 1 to 3, or CAROM__LOCK_DEAD, or 0, and a bit. */
#define MARK 4
#define SLEEPERS 8
#define name_in(value) ((value) % 8)
#define party_in(value) ((value) % 4)

byte word;
bit fresh[PARTIES + 1];            /* this one has read how many wakes there were, and none was counted since */
bit suspect;
bit dead[PARTIES + 1];
byte deaths = DEATHS;
bit sleeps[PARTIES + 1];

/* For checks alone. */
byte inside;                       /* who has the lock and lives, 0: nobody */
bit harmed;                        /* an owner died, and nobody said since that all is well */
byte died;                         /* how many died */
byte capped;                       /* how often the 50 ms were needed */

/* ---- parking ---- */

inline park()
{
    d_step {
        if
        :: fresh[me] -> sleeps[me] = 1
        :: else
        fi
    };
    if
    :: !sleeps[me]
    :: hasty -> sleeps[me] = 0
#if EARLY
    :: sleeps[me] = 0
#else
    :: timeout && sleeps[me] -> sleeps[me] = 0; capped++; assert(capped <= died)
#endif
    fi
}

/* One who sleeps, whichever. */
inline unpark()
{
    if
    :: d_step { sleeps[1] -> sleeps[1] = 0 }
    :: d_step { sleeps[2] -> sleeps[2] = 0 }
    :: d_step { sleeps[3] -> sleeps[3] = 0 }
    :: !sleeps[1] && !sleeps[2] && !sleeps[3]
    fi
}

/* wake_one() */
inline wake_one()
{
    d_step { fresh[1] = 0; fresh[2] = 0; fresh[3] = 0 };
    unpark()
}

/* ---- the lock ---- */

inline swap(from, to)
{
    if
    :: word == (from) -> word = (to); got = 1; assert(inside == 0); inside = me
    :: else
    fi
}

/* succeed() */
inline succeed()
{
    lives = (party_in(seen) != 0 && !dead[party_in(seen)]);
    if
    :: lives -> lives = 0
    :: else ->
#if BREAK == 5
        if
        :: name_in(seen) != 0 -> suspect = 1
        :: else
        fi;
#endif
#if BREAK == 3
        d_step { swap(seen, me) };
#else
        d_step { swap(seen, me + SLEEPERS) };
#endif
        if
        :: got && name_in(seen) != 0 -> suspect = 1
        :: else
        fi
    fi
}

/* sleep_on() */
inline sleep_on()
{
    d_step {
        sets = (seen >= SLEEPERS);
        if
        :: !sets && word == seen -> word = seen + SLEEPERS; sets = 1
        :: else
        fi
    };
    if
    :: sets -> park()
    :: else
    fi;
    atomic { slept = 1; sets = 0; fresh[me] = 0 }
}

/* pass_on() */
inline pass_on()
{
    sets = 0;
    do
    :: sets -> break
    :: else ->
        seen = word;
        if
        :: name_in(seen) == 0 -> wake_one(); sets = 1
        :: else ->
            d_step {
                if
                :: word == seen -> word = name_in(seen) + SLEEPERS; sets = 1
                :: else
                fi
            }
        fi
    od
}

/* carom_lock_acquire(), without looks before the first sleep, which are as its first exchange is. */
inline enter()
{
    d_step { got = 0; slept = 0; swap(0, me) };
    do
    :: got -> break
    :: else ->
#if BREAK == 4
        seen = word;
        fresh[me] = 1;
#else
        fresh[me] = 1;
        seen = word;
#endif
        succeed();
        if
        :: got
        :: !got && hasty -> break
        :: !got && name_in(seen) == 0
        :: !got && name_in(seen) != 0 -> sleep_on()
        fi
    od;
#if BREAK != 2
    if
    :: !got && slept -> pass_on()
    :: else
    fi;
#endif
    atomic { seen = 0; lives = 0; sets = 0; slept = 0; fresh[me] = 0 }
}

/* carom_lock_release() */
inline leave()
{
    d_step { seen = word; word = 0; inside = 0 };
    if
    :: seen >= SLEEPERS -> wake_one()
    :: else
    fi;
    seen = 0
}

proctype contender(byte me, rounds; bit hasty)
{
    byte seen;
    bit got, lives, sets, slept;

    {
        do
        :: rounds > 0 ->
            enter();
            if
            :: got ->
                assert(inside == me && party_in(word) == me);
                assert(suspect == harmed);
                if
                :: suspect -> d_step { suspect = 0; harmed = 0 }      /* carom_lock_recover() */
                :: true
                fi;
                leave()
            :: else
            fi;
            rounds--
        :: else -> break
        od;
        got = 0
    } unless {
        dead[me]
    }
}

/* carom__lock_mourn(), of one who lets the slot of a dead one go. */
inline mourn()
{
    seen = word;
    if
#if BREAK == 6
    :: party_in(seen) != 0 ->
#else
    :: party_in(seen) != 0 && dead[party_in(seen)] ->
#endif
        d_step {
            if
            :: word == seen ->
#if BREAK == 1
                word = 0;
#else
                word = MARK + SLEEPERS;
#endif
                won = 1
            :: else
            fi
        };
        if
        :: won -> wake_one()
        :: else
        fi
    :: else
    fi;
    d_step { seen = 0; won = 0 }
}

/* Where a process dies that had the lock is seen by the word alone. */
proctype killer()
{
    byte who, seen;
    bit won;

    do
    :: deaths > 0 ->
        atomic {
#ifdef VICTIM
            who = VICTIM;
#else
            if
            :: who = 1
            :: who = 2
            :: who = 3
            fi;
#endif
            if
            :: !dead[who] ->
                dead[who] = 1;
                died++;
                sleeps[who] = 0;
                fresh[who] = 0;
                if
                :: party_in(word) == who -> inside = 0; harmed = 1
                :: else
                fi
            :: else
            fi;
            who = 0;
            deaths--
        };
        if
        :: mourn()
        :: true
        fi
    :: true -> break
    od;
    deaths = 0
}

init
{
    atomic {
        run contender(1, ROUNDS, 0);
        run contender(2, 1, 0);
        run contender(3, 1, HASTY);
        run killer()
    }
}
