/* The tickets and credits of core/condition.c.  Its lock is taken as given: one owner, and the place of a dead one is taken.
 *
 * Three wait, the third only after the first notification, each until it is notified or late; one notifies, again and again,
 * while somebody waits who was not; as many as DEATHS of those who wait die, at any step, and with -DHEIR the notifier, whom
 * another one follows; with -DWIDOW only he, beside two who wait.  -DALL: it notifies all each time; -DFEW: nobody comes late.
 * Numbers are changed one after the other by the owner of the lock, and read by all; the model sees them in one order, the code
 * with seq_cst.
 *
 * Checked: a credit is taken by one who had his ticket when it was given; nobody who lives waits for ever; when none of those
 * who wait has died nothing is left of what was counted; without any death nobody needs the 50 ms.
 *
 * What is wrong with BREAK: 1 credits are for everybody; 2 sleepers are woken, and what they sleep on does not change; 3 who is
 * late leaves his credit to others; 4 who is late stays counted; 5 who was notified with all takes a credit, too (ALL); 6 the
 * counts of one who died notifying all are believed (ALL, HEIR); 7 who may take a credit is said before there is one (HEIR). */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef DEATHS
#define DEATHS 1
#endif

#define WAITERS 3
#define NOTIFIER 4
#define SUCCESSOR 5

/* The lock. */
byte owner;
bit dead[SUCCESSOR + 1];

#define is_free (owner == 0 || dead[owner])

/* The block. */
byte drawn, all, eligible, calls;

/* One word of it: counted, and for which `all`. */
byte counted_waiting, counted_credits, counted_for;

/* counts_of() */
#if BREAK == 6
#define is_counted 1
#else
#define is_counted (counted_for == all)
#endif
#define waiting (is_counted * counted_waiting + (1 - is_counted) * (drawn - all))
#define credits (is_counted * counted_credits)

byte new_waiting;

/* count(), of what was read before: the owner of the lock alone changes it. */
inline count(waits, has_credit)
{
    d_step {
        new_waiting = waits;
        counted_credits = has_credit;
        counted_waiting = new_waiting;
        counted_for = all;
        if
        :: counted_credits > counted_waiting -> counted_credits = counted_waiting
        :: else
        fi;
        new_waiting = 0
    }
}

/* Of the system: who sleeps on `calls`. */
bit sleeps[SUCCESSOR + 1];

/* For checks alone. */
byte deaths = DEATHS;
byte died, widowed, capped;        /* widowed: by a notifier */
byte given;                        /* notifications */
byte promised;                     /* credits are for tickets below it */
bit done[SUCCESSOR + 1];
bit may_be_late[SUCCESSOR + 1];

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
    count(waiting + 1, credits);
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
    :: timeout && sleeps[me] -> sleeps[me] = 0; capped++; assert(capped <= (died + widowed) * WAITERS)
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
        -> count(waiting - 1, credits)
#endif
    :: else ->
        assert(!called || (ticket < promised && ticket < eligible && credits > 0));
#if BREAK == 3
        count(waiting - 1, credits - (called && !is_late))
#elif BREAK == 4
        count(waiting - called, credits - called)
#else
        count(waiting - 1, credits - called)
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
    count(0, 0);
#else
#if BREAK == 7
    eligible = drawn;
#endif
    promised = drawn;
    count(waiting, credits + 1);
    eligible = drawn;
#endif
#if BREAK != 2
    calls++;
#endif
    unpark()
}

/* Whom nobody has notified: without a credit, or without the right to one. */
#ifdef ALL
#define somebody_waits (waiting > 0)
#else
#define somebody_waits (waiting > credits || (waiting > 0 && eligible < drawn))
#endif

proctype notifier(byte me)
{
    {
        me == NOTIFIER || has_ended(NOTIFIER);
        do
        :: atomic { is_free && somebody_waits -> owner = me };
            notify();
            given = 1;
            owner = 0
        :: atomic { has_ended(1) && has_ended(2) && has_ended(3) -> break }
        od;
        assert(died > 0 || (credits == 0 && waiting == 0));
        done[me] = 1
    } unless {
        dead[me]
    }
}

proctype killer()
{
    byte who;

    do
    :: deaths > 0 ->
        atomic {
            if
#ifndef WIDOW
            :: who = 1
            :: who = 2
#endif
#ifdef HEIR
            :: who = NOTIFIER
#endif
            fi;
            if
            :: !done[who] ->
                dead[who] = 1;
                sleeps[who] = 0;
                died = died + (who < NOTIFIER);
                widowed = widowed + (who == NOTIFIER)
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
#ifdef WIDOW
        done[2] = 1;
#else
        run waiter(2);
#endif
#ifdef FEW
        done[3] = 1;
#else
        run waiter(3);
#endif
        run notifier(NOTIFIER);
#ifdef HEIR
        run notifier(SUCCESSOR);
#endif
        run killer()
    }
}
