/* The ring, the latches and the sleeping of core/queue*.c and core/latch.c.
 *
 * PRODUCERS 2: one puts two items of a line each, the other one of two lines, which goes to the beginning of the ring where
 * it finds no room before its end, and one consumer gets them (-DFEW: but for the first).  PRODUCERS 1: one puts the last two
 * of these, and two consumers get, one of them a single item.  They do so until the queue is closed and empty; somebody
 * closes it when all was got, or at any time (-DEARLY).  VICTIM, if any, a producer (1 or 2) or a consumer (3 or 4), dies at
 * any step or not.
 *
 *   a latch                   carom__latch_enter(), carom__latch_leave(): one owner, and the place of a dead one is taken
 *   put_record, publish       put_record(), publish()
 *   mend                      carom__queue_mend_putting(), carom__queue_mend_getting()
 *   get                       take_front(), free_until()
 *   go_to_sleep, wake         carom__queue_sleep(), carom__queue_wake()
 *
 * Stores and loads are seen in one order.  The code has the latch's exchange between publishing and looking who sleeps, and a
 * fence between saying that one sleeps and looking again.
 *
 * Checked: what a consumer reads is a whole item, no item comes twice, those of a producer come in order, all that was
 * published is got; nobody who lives waits for ever; and nobody needs the 50 ms but after a death.
 *
 * What is wrong with BREAK: 1 the first word is stored before the rest; 2 the place of the next word is not cleared; 3 who
 * succeeds a dead producer believes `written`; 4 who says that he sleeps does not look again; 5 who has slept does not say
 * that others may; 6 a place is given back before it is read; 7 the queue is closed without the latch; 8 whoever gets leaves
 * those asleep who wait for room; 9 the word that sends to the beginning is stored before the item there. */

#ifndef BREAK
#define BREAK 0
#endif
#ifndef VICTIM
#define VICTIM 0
#endif

#ifndef PRODUCERS
#define PRODUCERS 2
#endif

#define LINES 4
#define PARTIES 4                  /* producers 1 and 2, consumers 3 and 4 */
#define CLOSER 5
#define CAPS 2                     /* for each who died, at most */
#define BACK 14
#define BODY 15

/* Items: 1, 2 of one line; 3 of two. */
#define length_of(item) (1 + ((item) > 2))

byte line[LINES];
byte written = 2, taken = 2, freed = 2;      /* in lines */
bit closed;

byte putting, getting;             /* owners of the latches */
bit dead[CLOSER + 1], done[CLOSER + 1];

#define has_ended(n) (dead[n] || done[n])
#define at(place) line[(place) % LINES]
#define until_end(place) (LINES - (place) % LINES)

/* Who sleeps on what: calls, and the flag that somebody may. */
bit getters_sleep, putters_sleep;
byte getter_calls, putter_calls;
bit sleeps[CLOSER + 1];

/* For checks alone. */
byte died, capped;
bit published[4], got[4];

/* ---- sleeping ---- */

inline park(calls, seen)
{
    d_step {
        if
        :: calls == seen -> sleeps[me] = 1
        :: else
        fi
    };
    !sleeps[me]
}

/* The 50 ms are over, for all who sleep; they are so long that nothing else can happen. */
proctype clock()
{
end:
    do
    :: atomic {
            timeout && (sleeps[1] || sleeps[2] || sleeps[3] || sleeps[4]) ->
            sleeps[1] = 0; sleeps[2] = 0; sleeps[3] = 0; sleeps[4] = 0;
            capped++;
            assert(capped <= died * CAPS)
        }
    od
}

/* One of two, whichever. */
inline wake(flag, calls, one, other)
{
    if
    :: flag ->
        flag = 0;
        calls++;
        if
        :: d_step { sleeps[one] -> sleeps[one] = 0 }
        :: d_step { sleeps[other] -> sleeps[other] = 0 }
        :: !sleeps[one] && !sleeps[other]
        fi
    :: else
    fi
}

#define stirs (at(taken) != 0 || closed)

inline getter_sleeps()
{
    heard = getter_calls;
    getters_sleep = 1;
#if BREAK != 4
    if
    :: stirs
    :: else ->
#endif
        park(getter_calls, heard);
#if BREAK != 5
        getters_sleep = 1
#endif
#if BREAK != 4
    fi
#endif
    ;
    heard = 0
}

/* Then who puts is late, one day. */
#define nobody_gets (dead[3] && has_ended(4))

/* room_at() and how_many(): one line is kept free, that of the next word. */
#define goes_back(size) ((size) > until_end(written))
#define has_room(size) (written - freed + (size) + 1 + goes_back(size) * until_end(written) <= LINES)

inline putter_sleeps(size)
{
    heard = putter_calls;
    putters_sleep = 1;
    if
    :: has_room(size) || closed || nobody_gets
    :: else ->
        park(putter_calls, heard);
        putters_sleep = 1
    fi;
    heard = 0
}

/* ---- producers ---- */

/* Under the latch of a dead one: what he published is put. */
inline mend_putting()
{
#if BREAK != 3
    if
    :: at(written) == BACK -> written = written + until_end(written) + length_of(line[0])
    :: at(written) != 0 && at(written) != BACK -> written = written + length_of(at(written))
    :: else
    fi
#else
    skip
#endif
}

inline enter_putting()
{
    atomic {
        (putting == 0 || dead[putting]) -> told = (putting != 0); putting = me
    };
    if
    :: told -> mend_putting(); told = 0
    :: else
    fi
}

inline write_body(item)
{
    if
    :: length_of(item) == 2 -> at(first + 1) = BODY
    :: else
    fi
}

inline publish(item)
{
#if BREAK != 2
    at(first + length_of(item)) = 0;
#endif
    if
    :: first != written ->
#if BREAK == 9
        d_step { at(written) = BACK; published[item] = 1 };
        at(first) = item
#else
        at(first) = item;
        d_step { at(written) = BACK; published[item] = 1 }
#endif
    :: else ->
        d_step { at(written) = item; published[item] = 1 }
    fi
}

inline put_record(item)
{
    first = written + goes_back(length_of(item)) * until_end(written);
#if BREAK == 1
    publish(item);
    write_body(item);
#else
    write_body(item);
    publish(item);
#endif
    written = first + length_of(item);
    first = 0
}

inline put(item)
{
    fits = 0;
    do
    :: fits || nobody_gets -> break
    :: else ->
        enter_putting();
        if
        :: closed -> fits = 1
        :: !closed && has_room(length_of(item)) -> put_record(item); fits = 1
        :: else
        fi;
        putting = 0;
        if
        :: fits -> wake(getters_sleep, getter_calls, 3, 4)
        :: else -> putter_sleeps(length_of(item))
        fi
    od;
    /* wake_next() */
    if
    :: putters_sleep && has_room(1) -> wake(putters_sleep, putter_calls, 1, 2)
    :: else
    fi
}

proctype producer(byte me, item, count)
{
    byte heard, first;
    bit fits, told;

    {
        do
        :: count > 0 ->
            put(item);
            item++;
            count--
        :: else -> break
        od;
        fits = 0;
        done[me] = 1
    } unless {
        dead[me]
    }
}

#define all_is_got (published[1] == got[1] && published[2] == got[2] && published[3] == got[3])

/* carom_queue_close() */
proctype closer()
{
    byte heard, me = CLOSER;
    bit told;

#ifndef EARLY
    has_ended(1) && has_ended(2) && (all_is_got || nobody_gets);
#endif
#if BREAK != 7
    enter_putting();
#endif
    closed = 1;
    putting = 0;
    d_step { getters_sleep = 0; getter_calls++; sleeps[3] = 0; sleeps[4] = 0 };
    d_step { putters_sleep = 0; putter_calls++; sleeps[1] = 0; sleeps[2] = 0 };
    done[CLOSER] = 1
}

/* ---- consumers ---- */

inline enter_getting()
{
    atomic {
        (getting == 0 || dead[getting]) -> told = (getting != 0); getting = me
    };
    if
    :: told -> freed = taken; told = 0
    :: else
    fi
}

inline read_item()
{
    item = at(where);
    assert(item >= 1 && item <= 3);
    assert(length_of(item) == 1 || at(where + 1) == BODY)
}

/* Those of one producer come in order, and the item's bytes are still there. */
inline check_item()
{
    d_step {
        assert(at(where) == item && published[item] && !got[item]);
        assert(item == 1 || (item == 3 && PRODUCERS == 2) || got[item - 1] || died > 0);
        got[item] = 1
    }
}

inline get()
{
    where = taken;
    if
    :: at(where) == BACK -> where = where + until_end(where)
    :: else
    fi;
#if BREAK == 6
    freed = where + length_of(at(where));
#endif
    read_item();
    atomic { check_item(); taken = where + length_of(item) };
    freed = taken;
    where = 0;
    item = 0
}

proctype consumer(byte me, most)
{
    byte heard, where, item;
    bit told, is_closed, has;

    {
        do
        :: most == 0 -> break
        :: else ->
            enter_getting();
            is_closed = closed;
            has = (at(taken) != 0);
            if
            :: has -> get()
            :: else
            fi;
            getting = 0;
            if
            :: has ->
                most--;
#if BREAK != 8
                wake(putters_sleep, putter_calls, 1, 2);
#endif
                if
                :: getters_sleep && stirs -> wake(getters_sleep, getter_calls, 3, 4)
                :: else
                fi
            :: !has && is_closed -> break
            :: else -> getter_sleeps()
            fi
        od;
        is_closed = 0;
        has = 0;
        done[me] = 1
    } unless {
        dead[me]
    }
}

/* Whoever ends says nothing: so does a dead one, but that his latch is taken. */
proctype killer()
{
    if
    :: d_step {
            if
            :: !has_ended(VICTIM) -> dead[VICTIM] = 1; died = 1; sleeps[VICTIM] = 0
            :: else
            fi
        }
    :: true
    fi
}

/* All that was published was got, by one who lives or one who died with it; unless nobody is left to get. */
proctype judge()
{
    (has_ended(1) && has_ended(2) && done[CLOSER] && has_ended(3) && has_ended(4));
    if
    :: nobody_gets
    :: else ->
        assert(all_is_got)
    fi
}

init
{
    atomic {
#if PRODUCERS == 2
#ifdef FEW
        run producer(1, 2, 1);
        published[1] = 1;
        got[1] = 1;
#else
        run producer(1, 1, 2);
#endif
        run producer(2, 3, 1);
        done[4] = 1;
#else
        run producer(1, 2, 2);
        published[1] = 1;
        got[1] = 1;
        done[2] = 1;
        run consumer(4, 1);
#endif
        run consumer(3, 4);
        run closer();
#if VICTIM > 0
        run killer();
#endif
        run clock();
        run judge()
    }
}
