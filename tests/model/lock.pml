/* The lock of platform/lock_owner.c, whose word names the owner, with parking by the system (park_futex.c) or by buckets
 * (park_lot.c, -DLOT).
 *
 * Three contenders, each a process of its own: one enters twice, and one, where HASTY, gives up at any time once it has to
 * wait; as many as DEATHS of them die, at any step.  A contender's number is used again by nobody.  The lock alone needs no
 * order between its word and others: all that decides is exchanged in the word.  park_lot.c needs all in one order: counting
 * before looking at the word, against changing the word before taking the count.
 *
 * Checked: one owner at a time; CAROM_EOWNERDEAD for one who died as the owner, to one contender, before anybody else has
 * the lock, and to nobody otherwise; and that all who live get the lock or give up, where
 *
 *   EARLY 1: parking may end at any time, as futexes and semaphores do;
 *   EARLY 0: it ends by being woken, or after the 50 ms, which are taken for so long that nothing else can happen.  Nobody
 *            needs them but after a death, and each costs them once; with buckets once for all who sleep.
 *
 * What is wrong with BREAK: 1 a dead owner's word is overwritten, whoever has it now; 2 nobody asks whether the owner lives;
 * 3 who has slept takes the lock without the bit; 4 who leaves clears the word with a load and a store; 5 the count is taken
 * before the word is cleared (LOT); 6 who gives up keeps a wake. */

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

#ifdef LOT
#define CAPS (PARTIES - 1)
#else
#define CAPS 1
#endif

/* The word: the owner, 1 to 3, or 0, and a bit. */
#define SLEEPERS 4
#define owner_of(value) ((value) % 4)

byte word;
bit dead[PARTIES + 1];
byte deaths = DEATHS;

/* Of the system: who sleeps on the word; or a bucket. */
bit sleeps[PARTIES + 1];
byte counted, posted;

/* For checks alone. */
byte inside;                       /* who has the lock and lives, 0: nobody */
byte widow;                        /* who died as the owner, and nobody was told yet */
byte died;                         /* how many died */
byte capped;                       /* how often the 50 ms were needed */

/* What follows when the word has been exchanged for one's own, in the same step. */
inline entered(told)
{
    assert(inside == 0);
    assert((told) == widow);
    widow = 0;
    inside = me
}

/* ---- parking ---- */

#ifdef LOT

inline count_out()
{
    counted = counted - (counted > 0)
}

/* carom_plat_park() */
inline park(expected)
{
    counted++;
    if
    :: word != expected -> count_out()
    :: else ->
        if
        :: d_step { posted > 0 -> posted-- }
        :: hasty -> count_out()
#if EARLY
        :: count_out()
#else
        :: timeout -> capped++; assert(capped <= died * CAPS); count_out()
#endif
        fi
    fi
}

/* carom_plat_unpark() */
inline unpark()
{
    d_step { count = counted; counted = 0 };
    posted = posted + count;
    count = 0
}

#else

inline park(expected)
{
    d_step {
        if
        :: word == expected -> sleeps[me] = 1
        :: else
        fi
    };
    if
    :: !sleeps[me]
    :: hasty -> sleeps[me] = 0
#if EARLY
    :: sleeps[me] = 0
#else
    :: timeout && sleeps[me] -> sleeps[me] = 0; capped++; assert(capped <= died * CAPS)
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

#endif

/* ---- the lock ---- */

/* pass_on() */
inline pass_on()
{
    sets = 0;
    do
    :: sets -> break
    :: else ->
        seen = word;
        if
        :: owner_of(seen) == 0 -> unpark(); sets = 1
        :: else ->
            d_step {
                if
                :: word == seen -> word = owner_of(seen) + SLEEPERS; sets = 1
                :: else
                fi
            }
        fi
    od
}

/* carom_plat_lock_enter(), without looks before the first sleep, which are as swap() is. */
inline enter()
{
    d_step {
        got = 0;
        if
        :: word == 0 -> word = me; got = 1; entered(0)
        :: else
        fi
    };
    do
    :: got -> break
    :: else ->
        seen = word;
#if BREAK == 2
        lives = (owner_of(seen) != 0);
#else
        lives = (owner_of(seen) != 0 && !dead[owner_of(seen)]);
#endif
        if
        :: !lives ->
            d_step {
                if
#if BREAK == 1
                :: word == seen || owner_of(seen) != 0 ->
#else
                :: word == seen ->
#endif
#if BREAK == 3
                    word = me;
#else
                    word = me + SLEEPERS;
#endif
                    got = 1;
                    entered(owner_of(seen))
                :: else
                fi
            }
        :: lives && hasty -> break
        :: lives ->
            slept = 1;
            d_step {
                sets = seen >= SLEEPERS;
                if
                :: !sets && word == seen -> word = seen + SLEEPERS; sets = 1
                :: else
                fi
            };
            if
            :: sets -> park(owner_of(seen) + SLEEPERS)
            :: else
            fi
        fi
    od;
#if BREAK != 6
    if
    :: !got && slept -> pass_on()
    :: else
    fi;
#endif
    atomic { seen = 0; lives = 0; sets = 0; slept = 0 }
}

/* carom_plat_lock_leave() */
inline leave()
{
#if BREAK == 5
    count = counted;
    counted = 0;
#endif
#if BREAK == 4
    seen = word;
    d_step { word = 0; inside = 0 };
#else
    d_step { seen = word; word = 0; inside = 0 };
#endif
    if
    :: seen >= SLEEPERS ->
#if BREAK == 5
        posted = posted + count;
        count = 0
#else
        unpark()
#endif
    :: else
    fi;
    seen = 0
}

proctype contender(byte me, rounds; bit hasty)
{
    byte seen, count;
    bit got, lives, sets, slept;

    {
        do
        :: rounds > 0 ->
            enter();
            if
            :: got -> assert(inside == me && owner_of(word) == me); leave()
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

/* Where a process dies that had the lock is seen by the word alone. */
proctype killer()
{
    byte who;

    do
    :: deaths > 0 ->
        atomic {
            if
            :: who = 1
            :: who = 2
            :: who = 3
            fi;
            if
            :: !dead[who] ->
                dead[who] = 1;
                died++;
                sleeps[who] = 0;
                if
                :: owner_of(word) == who -> inside = 0; widow = who
                :: else
                fi
            :: else
            fi;
            who = 0;
            deaths--
        }
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
