/* Sleeping and waking over a link (core/link_in.c, link_out.c, bell.c), turns (core/turn.c), and the end of an end:
 * closed, or dead.
 *
 * Two ends, each with a bell that the other rings, a lane that it reads, and threads that send, receive, or poll.  A lane is
 * numbers alone here; what is in it is ring.pml's.  A section under an end's monitor of which the others see one step is one
 * step, and so is what is done with what changes once.
 *
 * All is seen in one order.  For these pairs the code has to see to that, a store before a load on either side:
 *  - reader: asleep = 1, then the word (fall_asleep); writer: the word, then asleep (publish, is_reader_asleep);
 *  - writer: waiting = 1, then the head (wait_for_room); reader: the head, then waiting (tell_writer);
 *  - an end that closes: writer_gone, then asleep (end_writing).  The rest of closing is told by the bell's end.
 *
 * Checked: whoever waits for a record, for room, or for a turn, gets on when it is there, or the peer or the connection is
 * gone; so does a loop of the host's, which waits for the bell or for a stir.  All threads have an end to come to, so one that
 * sleeps for ever is a state without an end.  What was published by an end that is gone is taken before its end is seen.
 *
 * SCENE: 1 two threads send at one end, one receives and one polls at the other; 2 at one end a thread sends and another
 * receives, at the other end one does both; 3 two threads send, one receives, and the receiving end closes; 4 the sending
 * end closes; 5 as 2, and one end dies; 6 one thread sends, one polls, and one end dies or none; 7 one thread sends, one
 * receives beside a loop; 8 as 2, and who receives beside the sender is a loop; 9 one thread sends, one polls beside a loop
 * and takes nothing.
 *
 * What is wrong with BREAK: 1 the reader does not look again when it has set asleep; 2 the writer looks at asleep before it
 * publishes; 3 the writer looks for room before it sets waiting; 4 a thread sleeps though another has heard the bell since
 * it looked; 5 who has heard the bell wakes nobody else; 6 the reader looks at waiting before it tells; 7 who gives back a
 * turn that is wanted does not wake; 8 who wants a turn does not look whether the connection is closed; 9 the end is looked
 * for after the records; 10 who gives back the turn does not look for a loop that sleeps; 11 a sender that has heard the bell
 * does not stir; 12 a poll that finds something takes back a stir; 13 who gives back a turn that a loop wanted does not
 * stir. */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef SCENE
#define SCENE 1
#endif

/* What a scene has; what it has not costs no states. */
#define CLOSES (SCENE == 3 || SCENE == 4)
#define LOOP (SCENE >= 7)
#define TURNS (SCENE == 1 || CLOSES || SCENE == 7 || SCENE == 9)
#define LOOKS ((SCENE == 2 || SCENE == 8) && e == 0)     /* look_for_life(): takes what the bell has to tell to whomever */

#if SCENE != 1 && SCENE != 6 && SCENE != 9
#define ROOM 1                     /* records in a ring */
#define UNTOLD 0                   /* how many of them the reader may have taken and not told */
#else
#define ROOM 2
#define UNTOLD 1
#endif
#define BELL 1                     /* bytes that the bell holds */

#define FREE 0
#define TAKEN 1
#define WANTED 2

#define RECEIVING 0                /* those of both ends, then */
#define SENDING 2

/* Of a lane, which has the number of the end that reads it: carom__lane_t, and what its reader and its writer know. */
byte written[2], taken[2], head[2], seen[2];
bit asleep[2], waiting[2], writer_gone[2], reader_gone[2];

/* Of an end: carom__end_t, carom_connection_t. */
byte bell[2];                      /* bytes to be heard there */
bit shut;                          /* the bell's stream is shut down, by whichever end */
bit deaf[2], closed[2], listening[2], dead[2];      /* closed: connection->gone */
byte turns[4], users[2];
#if LOOP
bit stirred[2];                    /* carom_plat_stream_stir(), until carom_plat_stream_watch() */
bit loop_sleeps[2];
#define NOTE told = 1
#define LOOPS bit told, kept
#else
#define NOTE skip
#define LOOPS skip
#endif

/* Of a thread, three at an end. */
bit asleep_in[6];                  /* in carom_plat_monitor_wait() */
bit news[6];                       /* end->heard has changed since the thread looked at it */

/* As the thread of an end says it. */
#define is_closed (CLOSES && closed[e])
#define lane_in e
#define lane_out (1 - e)
#define has_record (written[lane_in] > taken[lane_in])
#define has_room (written[lane_out] - seen[e] < ROOM)

/* ---- the monitor ---- */

inline wake()
{
    asleep_in[3 * e] = 0;
    asleep_in[3 * e + 1] = 0;
    asleep_in[3 * e + 2] = 0
}

/* ---- the bell ---- */

inline ring_bell()
{
    d_step {
        if
        :: shut -> deaf[e] = 1
        :: !shut && bell[1 - e] < BELL -> bell[1 - e]++
        :: else
        fi
    }
}

/* hear(), for ever or not at all, and the end of listen(). */
inline hear(forever)
{
    if
    :: d_step { bell[e] > 0 -> bell[e] = 0; NOTE }
    :: d_step { bell[e] == 0 && shut -> deaf[e] = 1; NOTE }
    :: bell[e] == 0 && !shut && !forever
    fi;
    d_step {
        listening[e] = 0;
        mine = 0;
        news[3 * e] = 1;
        news[3 * e + 1] = 1;
        news[3 * e + 2] = 1;
#if BREAK != 5
        wake()
#endif
    }
}

#define HEARS_OF_OTHERS (BREAK != 4)

inline listen(forever)
{
    d_step {
        if
        :: forever && HEARS_OF_OTHERS && news[me]
        :: !(forever && HEARS_OF_OTHERS && news[me]) && listening[e] -> asleep_in[me] = forever
        :: else -> listening[e] = 1; mine = 1
        fi
    };
    if
    :: mine -> hear(forever)
    :: else -> !asleep_in[me]
    fi
}

/* listen() of core/link_out.c, which stirs also when another thread has heard the bell meanwhile. */
inline listen_for_all(forever)
{
    listen(forever);
#if LOOP
    if
    :: told -> told = 0; stirred[e] = (BREAK != 11)
    :: else
    fi
#endif
}

/* ---- turns ---- */

#if TURNS
inline turn_give(turn)
{
    if
    :: d_step { turns[turn + e] == TAKEN -> turns[turn + e] = FREE }
    :: d_step {
            turns[turn + e] == WANTED ->
            turns[turn + e] = FREE;
#if LOOP && BREAK != 13
            stirred[e] = 1;
#endif
#if BREAK != 7
            wake()
#endif
        }
    fi
}

/* A turn in the loop of wait_for_turn(). */
inline want_turn(turn)
{
    if
    :: turns[turn + e] == FREE -> turns[turn + e] = WANTED; got = 1; users[e]--; wake()
    :: else -> turns[turn + e] = WANTED; asleep_in[me] = 1
    fi
}

/* carom__turn_begin(), which leaves out the first look when the turn is free.  `ok` says whether it is had. */
inline turn_begin(turn)
{
    d_step { ok = !is_closed; got = 0 };
    if
    :: !ok
    :: d_step { ok && turns[turn + e] == FREE -> turns[turn + e] = TAKEN }
    :: ok && turns[turn + e] != FREE ->
        d_step {
            users[e]++;
#if BREAK == 8
            want_turn(turn)
#else
            if
            :: is_closed -> ok = 0; users[e]--; wake()
            :: else -> want_turn(turn)
            fi
#endif
        };
        do
        :: !ok || got -> break
        :: else ->
            d_step {
                !asleep_in[me] ->
                if
                :: is_closed -> ok = 0; users[e]--; wake()
                :: else -> want_turn(turn)
                fi
            }
        od
    fi;
    if
    :: ok && is_closed -> ok = 0; turn_give(turn)
    :: else
    fi;
    got = 0
}
#else
/* One thread each. */
inline turn_begin(turn)
{
    ok = 1;
    got = 0
}

inline turn_give(turn)
{
    got = 0
}
#endif

/* ---- writing ---- */

inline wake_reader()
{
    d_step { was = asleep[lane_out]; asleep[lane_out] = 0 };
    if
    :: was -> ring_bell(); was = 0
    :: else
    fi
}

inline look_for_room()
{
    if
    :: !has_room -> seen[e] = head[lane_out]
    :: else
    fi
}

inline wait_for_room()
{
    do
    ::
#if BREAK == 3
        d_step { news[me] = 0; look_for_room(); was = has_room };
        waiting[lane_out] = 1;
#else
        d_step { news[me] = 0; waiting[lane_out] = 1 };
        d_step { look_for_room(); was = has_room };
#endif
        if
        :: was -> break
        :: else
        fi;
        ok = !reader_gone[lane_out] && !deaf[e];
        if
        :: ok -> listen_for_all(1)
        :: else -> break
        fi;
#if CLOSES
        if
        :: is_closed -> ok = 0; break
        :: else
        fi
#endif
    od;
    was = 0;
    waiting[lane_out] = 0
}

/* carom_connection_send_bytes().  `ok` says whether it went. */
inline send()
{
    turn_begin(SENDING);
    if
    :: ok ->
        d_step { ok = !reader_gone[lane_out] && !deaf[e]; look_for_room() };
        if
        :: ok && !has_room -> wait_for_room()
        :: else
        fi;
        if
        :: ok ->
#if BREAK == 2
            d_step { was = asleep[lane_out]; asleep[lane_out] = 0 };
            written[lane_out]++;
            if
            :: was -> ring_bell(); was = 0
            :: else
            fi;
#else
            written[lane_out]++;
            wake_reader();
#endif
            /* look_for_life() */
            if
            :: LOOKS -> listen_for_all(0)
            :: true
            fi
        :: else
        fi;
        turn_give(SENDING)
    :: else
    fi
}

proctype sender(bit e; byte me, count)
{
    bit ok, got, mine, was;
    LOOPS;

    {
        do
        :: count > 0 ->
            send();
            d_step { count = (ok -> count - 1 : 0); ok = 0 }
        :: else -> break
        od
    } unless {
        dead[e]
    }
}

/* ---- reading ---- */

inline tell_writer()
{
    if
    :: taken[lane_in] != head[lane_in] ->
#if BREAK == 6
        d_step { was = waiting[lane_in]; waiting[lane_in] = 0 };
        head[lane_in] = taken[lane_in];
#else
        head[lane_in] = taken[lane_in];
        d_step { was = waiting[lane_in]; waiting[lane_in] = 0 };
#endif
        if
        :: was -> ring_bell(); was = 0
        :: else
        fi
    :: else
    fi
}

/* `found`, or `over`, or neither. */
inline fall_asleep()
{
    tell_writer();
#if BREAK == 1
    found = has_record;
    asleep[lane_in] = 1;
#else
    asleep[lane_in] = 1;
#if BREAK == 9
    found = has_record;
#endif
    d_step {
        over = deaf[e] || writer_gone[lane_in];
        before = written[lane_in]
    };
#if BREAK != 9
    found = has_record;
#endif
#endif
    if
    :: found -> d_step { asleep[lane_in] = 0; over = 0; before = 0 }
    :: else -> d_step { assert(!over || taken[lane_in] >= before); before = 0 }
    fi
}

/* carom__ring_take() of a record, and telling so if there is a part of the ring to tell, or somebody waits. */
inline take()
{
    d_step { taken[lane_in]++; was = (taken[lane_in] - head[lane_in] > UNTOLD || waiting[lane_in]) };
    if
    :: was -> was = 0; tell_writer()
    :: else
    fi
}

/* The turn to receive is given back: carom__connection_rouse() of carom__turn_end(). */
inline end_turn()
{
#if LOOP
    if
    :: loop_sleeps[e] && BREAK != 10 ->
        d_step { kept = over; over = 0; found = has_record };
        if
        :: !found -> fall_asleep()
        :: else
        fi;
        if
        :: found || over -> d_step { loop_sleeps[e] = 0; stirred[e] = 1 }
        :: else
        fi;
        d_step { over = kept; kept = 0; found = 0 }
    :: else
    fi;
#endif
    turn_give(RECEIVING)
}

/* carom_connection_receive_bytes().  `over` says that there is nothing more. */
inline receive()
{
    turn_begin(RECEIVING);
    if
    :: ok ->
        do
        :: has_record -> take(); break
        :: else ->
            news[me] = 0;
            fall_asleep();
            if
            :: over -> break
            :: found -> found = 0
            :: else ->
                listen(1);
#if LOOP
                told = 0;
#endif
#if CLOSES
                if
                :: is_closed -> over = 1; break
                :: else
                fi
#endif
            fi
        od;
        end_turn()
    :: else -> over = 1
    fi
}

proctype receiver(bit e; byte me, count)
{
    bit ok, got, mine, was, found, over;
    byte before;
    LOOPS;

    {
        do
        :: count > 0 ->
            receive();
            d_step { count = (over -> 0 : count - 1); over = 0; ok = 0 }
        :: else -> break
        od
    } unless {
        dead[e]
    }
}

/* A thread that sends one and receives two. */
proctype partner(bit e; byte me)
{
    bit ok, got, mine, was, found, over;
    byte before;
    LOOPS;

    {
        send();
        receive();
        if
        :: !over -> receive()
        :: else
        fi
    } unless {
        dead[e]
    }
}

/* look() of core/connection.c, and of the link.  `found` says that it is ready. */
inline look(event)
{
    if
    :: is_closed -> found = 1
    :: d_step { !is_closed && turns[RECEIVING + e] == FREE -> turns[RECEIVING + e] = (TURNS -> TAKEN : FREE) };
        if
        :: event -> listen(0)
        :: else
        fi;
        found = has_record;
        if
        :: !found -> fall_asleep(); found = found || over; over = 0
        :: else
        fi;
        turn_give(RECEIVING)
    :: else -> found = 0
    fi
}

/* carom_wait() on the connection, then receiving what is there, which another thread may have taken.  carom_wait looks by
 * itself now and then, because another thread may take the bell's byte: here it may do so when nothing else goes on. */
proctype poller(bit e; byte me, count)
{
    bit ok, got, mine, was, found, over;
    byte before;
    LOOPS;

    {
        do
        :: count > 0 && !is_closed ->
            d_step { users[e] = users[e] + !is_closed; ok = !is_closed };
            if
            :: !ok -> break
            :: else
            fi;
            look(0);
            do
            :: found -> break
            :: else ->
                if
                :: bell[e] > 0 || shut
#if SCENE == 1
                :: timeout && has_record
#endif
                fi;
                look(1)
            od;
            found = 0;
            d_step { users[e]--; wake() };
            turn_begin(RECEIVING);
            if
            :: !ok -> break
            :: else
            fi;
            if
            :: has_record -> take(); count--
            :: else -> fall_asleep()
            fi;
            found = 0;
            turn_give(RECEIVING);
            if
            :: over -> break
            :: else
            fi
        :: else -> break
        od;
        count = 0;
        ok = 0;
        over = 0
    } unless {
        dead[e]
    }
}

/* ---- a loop of the host's ---- */

#if LOOP
/* carom_connection_poll() without waiting.  `ready` says that there is something. */
inline poll()
{
    d_step {
        if
        :: turns[RECEIVING + e] == FREE -> got = 1; turns[RECEIVING + e] = (TURNS -> TAKEN : FREE)
        /* wait_for_turn() at its deadline */
        :: else -> got = 0; turns[RECEIVING + e] = WANTED; stirred[e] = 0; wake()
        fi
    };
    if
    :: got ->
        got = 0;
        found = has_record;
        if
        :: !found -> fall_asleep()
        :: else
        fi;
        if
        :: !found && !over -> listen(0); told = 0; fall_asleep()
        :: else
        fi;
        d_step { ready = (found || over); found = 0; over = 0 };
        if
        :: !ready -> stirred[e] = 0; loop_sleeps[e] = 1
        :: else
        fi;
        end_turn()
    :: else
    fi
}

/* Polls, and takes what is there, if another thread has not been quicker; sleeps when nothing is. */
proctype looper(bit e; byte me, count)
{
    bit ok, got, mine, was, found, over, ready;
    byte before;
    LOOPS;

    do
    :: count > 0 ->
        poll();
        if
        :: ready ->
            ready = 0;
            turn_begin(RECEIVING);
            ok = 0;
            if
            :: has_record -> take(); count--
            :: else
            fi;
            end_turn()
        :: else -> bell[e] > 0 || shut || stirred[e]
        fi
    :: else -> break
    od
}

/* carom_connection_poll() that waits, by a thread that leaves what it finds. */
proctype peeker(bit e; byte me, count)
{
    bit ok, got, mine, was, found, over;
    byte before;
    LOOPS;

    do
    :: count > 0 ->
        turn_begin(RECEIVING);
        ok = 0;
        do
        :: has_record -> break
        :: else ->
            news[me] = 0;
            fall_asleep();
            if
            :: found -> found = 0
            :: else -> listen(1); told = 0
            fi
        od;
#if BREAK == 12
        stirred[e] = 0;
#endif
        end_turn();
        count--
    :: else -> break
    od
}
#endif

/* ---- the end ---- */

/* carom__turns_take() */
inline take_for_ever(turn)
{
    do
    :: d_step { turns[turn + e] == FREE -> turns[turn + e] = WANTED }; break
    :: d_step { turns[turn + e] != FREE -> turns[turn + e] = WANTED; asleep_in[me] = 1 }; !asleep_in[me]
    od
}

/* carom_connection_close() */
proctype closer(bit e; byte me)
{
    d_step {
        closed[e] = 1;
        if
        :: users[e] > 0 || turns[RECEIVING + e] != FREE || turns[SENDING + e] != FREE -> deaf[e] = 1; shut = 1
        :: else
        fi;
        wake()
    };
    take_for_ever(RECEIVING);
    take_for_ever(SENDING);
    do
    :: users[e] == 0 -> break
    :: d_step { users[e] > 0 -> asleep_in[me] = 1 }; !asleep_in[me]
    od;
    /* say_gone(), and the stream is closed */
    reader_gone[lane_in] = 1;
    writer_gone[lane_out] = 1;
    shut = 1
}

/* All threads of the process stop where they are; the system closes the stream. */
proctype killer(bit e)
{
    atomic { dead[e] = 1; shut = 1 }
}

init
{
    atomic {
#if SCENE == 1
        run sender(0, 0, 1);
        run sender(0, 1, 1);
        run receiver(1, 3, 1);
        run poller(1, 4, 1)
#elif SCENE == 2 || SCENE == 5
        run sender(0, 0, 2);
        run receiver(0, 1, 1);
        run partner(1, 3);
#if SCENE == 5
        if
        :: run killer(0)
        :: run killer(1)
        fi
#endif
#elif SCENE == 3 || SCENE == 4
        run sender(0, 0, 1);
        run sender(0, 1, 1);
        run receiver(1, 3, 2);
        run closer(SCENE == 3, (SCENE == 3 -> 5 : 2))
#elif SCENE == 7
        run sender(0, 0, 2);
        run receiver(1, 3, 1);
        run looper(1, 4, 1)
#elif SCENE == 8
        run sender(0, 0, 2);
        run looper(0, 1, 1);
        run partner(1, 3)
#elif SCENE == 9
        run sender(0, 0, 2);
        run looper(1, 3, 1);
        run peeker(1, 4, 2)
#elif SCENE == 6
        run sender(0, 0, 3);
        run poller(1, 3, 3);
        if
        :: run killer(0)
        :: run killer(1)
        :: true
        fi
#endif
    }
}
