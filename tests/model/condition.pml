/* The tickets and credits of core/condition.c.  Its lock is taken as given: one owner, and the place of a dead one is taken.
 *
 * Three wait, the third only after the first notification, each until it is notified or late; one notifies, again and again,
 * while somebody waits for whom there is no credit; as many as DEATHS of those who wait die, at any step.  -DALL: it notifies
 * all each time; -DFEW: nobody comes late.  Numbers are changed one after the other by the owner of the lock, and read by all; the model sees them in one
 * order, the code with seq_cst.
 *
 * Checked: a credit is taken by one who had his ticket when it was given; nobody who lives waits for ever; without deaths nobody
 * needs the 50 ms, and nothing is left of what was counted.
 *
 * What is wrong with BREAK: 1 credits are for everybody; 2 sleepers are woken, and what they sleep on does not change; 3 who is
 * late leaves his credit to others; 4 who is late stays counted; 5 who was notified with all takes a credit, too (ALL). */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef DEATHS
#define DEATHS 1
#endif

#define WAITERS 3
#define NOTIFIER 4

/* The lock. */
byte owner;
bit dead[NOTIFIER + 1];

#define is_free (owner == 0 || dead[owner])

/* The block. */
byte drawn, all, eligible, credits, waiting, calls;

/* Of the system: who sleeps on `calls`. */
bit sleeps[NOTIFIER + 1];

/* For checks alone. */
byte deaths = DEATHS;
byte died, capped;
byte given;                        /* notifications */
bit done[NOTIFIER + 1];
bit may_be_late[NOTIFIER + 1];

#define has_ended(n) (done[n] || dead[n])

/* is_called() */
#if BREAK == 1
#define is_called (ticket < all || credits > 0)
#else
#define is_called (ticket < all || (ticket < eligible && credits > 0))
#endif

inline acquire()
{
    atomic { is_free -> owner = me }
}

/* draw_ticket() */
inline draw()
{
    ticket = drawn;
    waiting++;
    drawn++
}

/* carom_plat_park(): until woken, or the 50 ms are over, which are so long that nothing else can happen. */
inline park()
{
    d_step {
        if
        :: calls == heard -> sleeps[me] = 1
        :: else
        fi
    };
    if
    :: !sleeps[me]
    :: may_be_late[me] -> sleeps[me] = 0; is_late = 1
    :: timeout && sleeps[me] -> sleeps[me] = 0; capped++; assert(capped <= died * WAITERS)
    fi
}

/* sleep_until_called() */
inline sleep_until_called()
{
    do
    :: true ->
        heard = calls;
        if
        :: is_called || is_late -> break
        :: else -> park()
        fi
    od;
    heard = 0
}

/* return_ticket() */
inline return_ticket()
{
    if
    :: ticket < all
#if BREAK == 5
        -> credits++; credits--; waiting--
#endif
    :: else ->
#if BREAK == 3
        if
        :: called && !is_late ->
#else
        if
        :: called ->
#endif
            assert(ticket < eligible && credits > 0);
            credits--
        :: else
        fi;
#if BREAK == 4
        if
        :: called -> waiting--
        :: else
        fi
#else
        waiting--
#endif
    fi
}

/* wait() */
proctype waiter(byte me)
{
    byte ticket, heard;
    bit called, is_late;

    {
        me != 3 || given > 0 || (has_ended(1) && has_ended(2));
        acquire();
        draw();
        do
        :: true ->
            owner = 0;
            sleep_until_called();
            acquire();
            called = is_called;
            if
            :: called || is_late -> break
            :: else
            fi
        od;
        return_ticket();
        owner = 0;
        called = 0;
        is_late = 0;
        ticket = 0;
        done[me] = 1
    } unless {
        dead[me]
    }
}

/* carom_plat_unpark(): one who sleeps, whichever, or all. */
inline unpark()
{
#ifdef ALL
    d_step { sleeps[1] = 0; sleeps[2] = 0; sleeps[3] = 0 }
#else
    if
    :: d_step { sleeps[1] -> sleeps[1] = 0 }
    :: d_step { sleeps[2] -> sleeps[2] = 0 }
    :: d_step { sleeps[3] -> sleeps[3] = 0 }
    :: !sleeps[1] && !sleeps[2] && !sleeps[3]
    fi
#endif
}

/* carom_condition_notify(), or carom_condition_notify_all() */
inline notify()
{
#ifdef ALL
    all = drawn;
    credits = 0;
    waiting = 0;
#else
    eligible = drawn;
    credits = credits + 1;
#endif
#if BREAK != 2
    calls++;
#endif
    unpark()
}

proctype notifier()
{
    do
    :: atomic { is_free && waiting > credits -> owner = NOTIFIER };
        notify();
        given = 1;
        owner = 0
    :: atomic { has_ended(1) && has_ended(2) && has_ended(3) -> break }
    od;
    assert(died > 0 || (credits == 0 && waiting == 0))
}

proctype killer()
{
    byte who;

    do
    :: deaths > 0 ->
        atomic {
            if
            :: who = 1
            :: who = 2
            fi;
            if
            :: !done[who] -> dead[who] = 1; died++; sleeps[who] = 0
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
        may_be_late[2] = 1;
        run waiter(1);
        run waiter(2);
#ifdef FEW
        done[3] = 1;
#else
        run waiter(3);
#endif
        run notifier();
        run killer()
    }
}
