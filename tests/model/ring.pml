/* A lane: one writer and one reader of a ring, which moves once to a larger one (core/ring.c).
 *
 * Lengths are in words of 8 bytes; a line of the cache, of which records take whole ones, has two here.  Each store and each
 * load of the ring is a step, and everything is seen in one order.  Of the memory order it is relied upon that what is stored
 * before a record's word is seen by whoever has seen the word
 * (publish and go_back store it with release at least, carom__ring_look and _peek load it with acquire), and that what the
 * reader has loaded before it tells the head was loaded before whoever has seen the head writes there (carom__ring_tell:
 * release; plan, carom__ring_move: acquire).  Sleeping is not here but in bell.pml: who has nothing to do waits for it to
 * change.
 *
 * Checked: the reader takes nothing for a word that is none, takes every byte once and in order, and of a writer that dies
 * at any step exactly what it had published; the writer never writes over what is unread; neither waits while it could go on
 * (a state without an end).
 *
 * What is wrong with BREAK: 1 the word is stored before the bytes; 2 the next word is not cleared; 3 the head is told before
 * the bytes are taken; 4 no room is kept for the cleared word, nor for sending the reader elsewhere; 5 the reader is sent to
 * a ring whose first word is not cleared; 6 the writer does not count what sent the reader there; 7 the reader that finds
 * nothing does not tell; 8 the first word is not cleared before the reader is sent back to it. */

#ifndef BREAK
#define BREAK 0
#endif

#define SMALL 8                    /* words of the first ring */
#define LARGE 12                   /* and of the second */
#define LINE 2
#ifndef MESSAGES
#define MESSAGES 3
#endif

#if BREAK == 4
#define RESERVE 0
#else
#define RESERVE LINE
#endif

/* A word: what it is, and the length above that.  NONE is 0. */
#define NONE 0
#define BYTES 1
#define BACK 2
#define ELSEWHERE 3
#define word_of(kind, length) ((kind) + 4 * (length))
#define kind_of(word) ((word) % 4)
#define length_of(word) ((word) / 4)

/* The rings one behind the other, at first with what was in the arena before, which looks like records.  What is in payload
 * looks like a word, so that taking it for one shows; its stamp is its number, from 1, and that of a word is 0. */
byte memory[SMALL + LARGE] = word_of(BYTES, 1);
byte stamp[SMALL + LARGE] = 255;
bit unread[SMALL + LARGE];         /* published and not taken yet: nobody's knowledge, for checks alone */

byte head;                         /* lane->head */
bit waiting;                       /* lane->waiting */
bit writer_dead, reader_dead, writer_done;
byte published, taken;             /* words of payload; for checks alone */

#define at_of(ring, place) ((ring) * SMALL + (place))

/* ---- the writer; its variables are those of carom__writer_t ---- */

/* What the reader has done with is rubbish; for fewer states, and stricter than what lies there really. */
inline forget(place)
{
    unread[place] = 0;
    memory[place] = word_of(BYTES, 1);
    stamp[place] = 255
}

/* A store by the writer. */
inline store(place, word, number)
{
    d_step {
        assert(!unread[at_of(w_ring, place)]);
        memory[at_of(w_ring, place)] = word;
        stamp[at_of(w_ring, place)] = number
    }
}

#define until_end (w_size - w_at)
#define most (until_end - 1)
#define quarter (w_size / 4)
#define span_of(length) (((length) + LINE) / LINE * LINE)
#define cost(length) (span_of(length) + RESERVE)
#define smaller(a, b) ((a) < (b) -> (a) : (b))

/* room(): how many words can be written. */
inline room()
{
    bytes = w_size - (w_total - (w_head > w_base -> w_head : w_base));
    assert(w_head <= w_total && bytes <= w_size)
}

/* fitting() */
inline fitting()
{
    room();
    back = 0;
    fits = 0;
    if
    :: length <= quarter ->
        if
        :: left <= most -> fits = (cost(left) <= bytes -> left : 0)
        :: else -> back = 1; fits = (cost(left) + until_end <= bytes -> left : 0)
        fi
    :: else ->
        if
        :: bytes >= cost(smaller(left, quarter)) ->
            fits = smaller(most, bytes - 1 - RESERVE);
            fits = smaller(left, fits)
        :: else
        fi
    fi
}

/* plan(), also as carom__ring_has_room(): what was last seen of the head, and if that does not do, the head. */
inline plan()
{
    d_step { fitting() };
    if
    :: fits == 0 -> d_step { w_head = head; fitting() }
    :: else
    fi
}

inline go_back()
{
#if BREAK != 8
    store(0, NONE, 0);
#endif
    d_step {
        assert(!unread[at_of(w_ring, w_at)]);
        memory[at_of(w_ring, w_at)] = word_of(BACK, 0);
        unread[at_of(w_ring, w_at)] = 1;
        stamp[at_of(w_ring, w_at)] = 0;
        w_total = w_total + until_end;
        w_at = 0
    }
}

/* The store that publishes; what it publishes is unread from then on. */
inline store_word(kind, words)
{
    d_step {
        assert(!unread[at_of(w_ring, w_at)]);
        memory[at_of(w_ring, w_at)] = word_of(kind, words);
        stamp[at_of(w_ring, w_at)] = 0;
        i = 0;
        do
        :: i <= words -> unread[at_of(w_ring, w_at + i)] = 1; i++
        :: else -> break
        od;
        published = published + (kind == BYTES -> words : 0);
        i = 0
    }
}

/* copy(): one word after the other.  What it looks like is any word. */
inline copy()
{
    do
    :: i < fits ->
        store(w_at + 1 + i, word_of(BYTES, 1), written + 1 + i);
        i++
    :: else -> break
    od;
    i = 0
}

/* carom__ring_put() after plan(), as carom__ring_begin() and carom__ring_commit(). */
inline put()
{
    if
    :: back -> go_back()
    :: else
    fi;
#if BREAK == 1
    store_word(BYTES, fits);
    d_step { i = 0; do :: i <= fits -> unread[at_of(w_ring, w_at + i)] = 0; i++ :: else -> break od; i = 0 };
    copy();
    store((w_at + span_of(fits)) % w_size, NONE, 0);
#else
#if BREAK != 2
    store((w_at + span_of(fits)) % w_size, NONE, 0);
#endif
    copy();
    store_word(BYTES, fits);
#endif
    d_step {
        written = written + fits;
        left = left - fits;
        w_total = w_total + span_of(fits);
        w_at = (w_at + span_of(fits)) % w_size;
        fits = 0;
        bytes = 0;
        back = 0
    }
}

/* carom__ring_move() */
inline move()
{
    d_step { w_head = head; room() };
    assert(bytes >= RESERVE);
    store(w_at + 1, word_of(BYTES, 1), 0);
#if BREAK != 5
    d_step { memory[at_of(1, 0)] = NONE; stamp[at_of(1, 0)] = 0 };
#endif
    store_word(ELSEWHERE, 1);
    d_step {
#if BREAK != 6
        w_total = w_total + LINE;
#endif
        w_base = w_total; w_ring = 1; w_size = LARGE; w_at = 0
    }
}

/* put_all(), make_room() and wait_for_room() of core/link_out.c for a number of messages, growing at any time. */
proctype writer()
{
    byte w_ring, w_at, w_total, w_base, w_head, w_size = SMALL;
    byte message, length, left, written, fits, bytes, i;
    bit back;

    {
        do
        :: message < MESSAGES ->
            if
            :: length = 1
            :: length = 2
            :: length = 4
            fi;
            left = length;
            do
            :: left > 0 ->
                if
                :: w_ring == 0 -> move()
                :: true
                fi;
                plan();
                if
                :: fits > 0 -> put()
                :: else ->
                    waiting = 1;
                    plan();
                    if
                    :: fits > 0
                    :: else -> head != w_head || reader_dead
                    fi;
                    waiting = 0
                fi;
                if
                :: reader_dead -> goto done
                :: else
                fi
            :: else -> break
            od;
            message++
        :: else -> break
        od;
done:   writer_done = 1
    } unless {
        writer_dead
    }
}

/* ---- the reader; its variables are those of carom__reader_t ---- */

inline step(words)
{
    d_step {
        r_total = r_total + (words);
        r_at = (r_at + (words) == r_size -> 0 : r_at + (words))
    }
}

inline tell()
{
    head = r_total
}

/* carom__ring_take() of a whole record, or carom__ring_pass(), a word after the other.  Only then is it done with. */
inline take()
{
#if BREAK == 3
    head = r_total + span_of(length_of(word));
#endif
    i = 0;
    do
    :: i < length_of(word) ->
        d_step {
            taken++;
            assert(stamp[at_of(r_ring, r_at + 1 + i)] == taken);
            assert(taken <= published);
            i++
        }
    :: else -> break
    od;
    i = 0;
    d_step {
        do
        :: i < span_of(length_of(word)) -> forget(at_of(r_ring, r_at + i)); i++
        :: else -> break
        od;
        i = 0
    };
    step(span_of(length_of(word)))
}

/* carom__ring_look(), and carom__ring_peek() for what it mostly is; then what that says. */
proctype reader()
{
    byte r_ring, r_at, r_total, r_size = SMALL;
    byte word, i;
    bit gone;

    {
        do
        :: gone = writer_done || writer_dead;
            d_step {
                word = memory[at_of(r_ring, r_at)];
                assert(word == NONE || stamp[at_of(r_ring, r_at)] == 0)
            };
            if
            :: word == NONE ->
                /* fall_asleep(): it tells, and looks once more. */
#if BREAK != 7
                tell();
#endif
                if
                :: gone && memory[at_of(r_ring, r_at)] == NONE -> break
                :: !gone -> memory[at_of(r_ring, r_at)] != NONE || writer_done || writer_dead
                :: else
                fi
            :: kind_of(word) == BACK -> 
                assert(length_of(word) == 0 && r_at > 0);
                forget(at_of(r_ring, r_at));
                step(r_size - r_at)
            :: kind_of(word) == ELSEWHERE ->
                /* carom__ring_follow() */
                d_step {
                    assert(r_ring == 0);
                    forget(at_of(r_ring, r_at));
                    forget(at_of(r_ring, r_at + 1));
                    r_total = r_total + LINE;
                    r_ring = 1;
                    r_size = LARGE;
                    r_at = 0
                };
                tell()
            :: kind_of(word) == BYTES ->
                assert(length_of(word) > 0 && length_of(word) <= r_size - r_at - 1);
                take();
                /* carom__ring_must_tell(): after some part of the ring, which is any here, or when the writer waits. */
                if
                :: waiting -> tell()
                :: tell()
                :: !waiting
                fi
            fi
        od;
        assert(taken == published)
    } unless {
        reader_dead
    }
}

/* Either may die, at any step, or not. */
proctype death()
{
    if
    :: writer_dead = 1
    :: reader_dead = 1
    :: true
    fi
}

init
{
    d_step { memory[0] = NONE; stamp[0] = 0 };
    atomic {
        run writer();
        run reader();
        run death()
    }
}
