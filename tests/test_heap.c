/* Heaps: blocks, their references, and who frees what another has allocated. */

#include "queues.h"

#include <stdint.h>

enum { MIB = 1 << 20, LARGEST = 512 * MIB };

static carom_heap_t *make_heap(const carom_test_t *test)
{
    carom_heap_t *heap;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_heap_create(&heap, test->context));
    return heap;
}

static carom_array_t *make_slots(const carom_test_t *test, carom_item_type_t type, size_t count)
{
    carom_array_t *array;

    CAROM_ASSERT_OK(carom_array_create(&array, test->context, type, count, NULL));
    return array;
}

/* ---- blocks with contents ---- */

/* By its length and a number, which the block begins with. */
typedef struct head_t {
    uint64_t length;
    uint32_t item;
} head_t;

static void expect_content(carom_heap_t *heap, carom_heap_ref_t ref, size_t length, uint32_t item)
{
    size_t room = 0;
    void *at = carom_heap_at(heap, ref, &room);

    CAROM_ASSERT(at != NULL);
    CAROM_ASSERT(carom_heap_at(heap, ref, NULL) == at);
    CAROM_ASSERT((uintptr_t) at % 64 == 0);
    CAROM_ASSERT(room >= length);
    CAROM_ASSERT(is_painted(at, length, item));
}

static carom_heap_ref_t make_block(carom_heap_t *heap, size_t length, uint32_t item)
{
    carom_heap_ref_t ref = 0;
    void *at = NULL;

    CAROM_ASSERT_OK(carom_heap_alloc(&ref, &at, heap, length));
    CAROM_ASSERT(ref != 0);
    CAROM_ASSERT(at != NULL && carom_heap_at(heap, ref, NULL) == at);
    paint(at, length, item);
    expect_content(heap, ref, length, item);
    return ref;
}

static void end_block(carom_heap_t *heap, carom_heap_ref_t ref, size_t length, uint32_t item)
{
    expect_content(heap, ref, length, item);
    CAROM_ASSERT_OK(carom_heap_free(heap, ref));
}

static void expect_no_block(carom_heap_t *heap, carom_heap_ref_t ref)
{
    CAROM_ASSERT(carom_heap_at(heap, ref, NULL) == NULL);
    CAROM_ASSERT_STATUS(carom_heap_free(heap, ref), CAROM_ENOKEY);
}

/* A block that tells its own length and item. */
static carom_heap_ref_t make_with_head(carom_heap_t *heap, size_t length, uint32_t item)
{
    head_t head = {length, item};
    carom_heap_ref_t ref;
    void *at;

    CAROM_ASSERT_OK(carom_heap_alloc(&ref, &at, heap, sizeof head + length));
    memcpy(at, &head, sizeof head);
    paint((char *) at + sizeof head, length, item);
    return ref;
}

static void end_with_head(carom_heap_t *heap, carom_heap_ref_t ref)
{
    size_t room = 0;
    char *at = carom_heap_at(heap, ref, &room);
    head_t head;

    CAROM_ASSERT(at != NULL && room >= sizeof head);
    memcpy(&head, at, sizeof head);
    CAROM_ASSERT(head.length <= room - sizeof head);
    CAROM_ASSERT(is_painted(at + sizeof head, (size_t) head.length, head.item));
    CAROM_ASSERT_OK(carom_heap_free(heap, ref));
}

/* ---- in one process ---- */

static const size_t lengths[] = {1, 2, 63, 64, 65, 127, 128, 129, 4096, 4097, 100000, 3 * MIB + 1, 8 * MIB};

enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

CAROM_TEST(heap, blocks_of_all_sizes)
{
    carom_heap_t *heap = make_heap(test);
    int64_t before = objects();
    carom_heap_ref_t refs[LENGTHS];
    uint32_t i, j;

    for (i = 0; i < LENGTHS; i++) {
        refs[i] = make_block(heap, lengths[i], i);
        for (j = 0; j < i; j++)
            CAROM_ASSERT(refs[j] != refs[i]);
    }
    for (i = 0; i < LENGTHS; i += 2)
        end_block(heap, refs[i], lengths[i], i);
    for (i = 0; i < LENGTHS; i++)
        if (i % 2 == 0)
            expect_no_block(heap, refs[i]);
        else
            end_block(heap, refs[i], lengths[i], i);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
    CAROM_ASSERT(heap == NULL);
    carom_heap_destroy(&heap);
}

/* All that a block is said to have room for can be written, and is nobody else's. */
CAROM_TEST(heap, all_of_the_room)
{
    carom_heap_t *heap = make_heap(test);
    carom_heap_ref_t refs[LENGTHS];
    size_t room[LENGTHS];
    uint32_t i;

    for (i = 0; i < LENGTHS; i++) {
        CAROM_ASSERT_OK(carom_heap_alloc(&refs[i], NULL, heap, lengths[i]));
        CAROM_ASSERT(carom_heap_at(heap, refs[i], &room[i]) != NULL);
        CAROM_ASSERT(room[i] >= lengths[i]);
        paint(carom_heap_at(heap, refs[i], NULL), room[i], i);
    }
    for (i = 0; i < LENGTHS; i++)
        end_block(heap, refs[i], room[i], i);
    carom_heap_destroy(&heap);
}

CAROM_TEST_ONCE(heap, bad_arguments)
{
    carom_heap_t *heap = make_heap(test), *none = (carom_heap_t *) heap;
    carom_lock_t *lock = make_lock(test);
    carom_heap_ref_t ref = 5;
    void *at = &ref;

    CAROM_ASSERT_STATUS(carom_heap_create(&none, (carom_context_t *) lock), CAROM_EINVAL);
    CAROM_ASSERT(none == NULL);
    CAROM_ASSERT_STATUS(carom_heap_alloc(&ref, &at, heap, 0), CAROM_EINVAL);
    CAROM_ASSERT(ref == 0 && at == NULL);
    ref = 5;
    CAROM_ASSERT_STATUS(carom_heap_alloc(&ref, NULL, heap, 0), CAROM_EINVAL);
    CAROM_ASSERT(ref == 0);
    at = &ref;
    CAROM_ASSERT_STATUS(carom_heap_alloc(&ref, &at, NULL, 10), CAROM_EINVAL);
    CAROM_ASSERT(ref == 0 && at == NULL);
    CAROM_ASSERT_STATUS(carom_heap_alloc(&ref, &at, (carom_heap_t *) lock, 10), CAROM_EINVAL);
    ref = make_block(heap, 10, 1);
    CAROM_ASSERT_STATUS(carom_heap_free(NULL, ref), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_heap_free((carom_heap_t *) lock, ref), CAROM_EINVAL);
    CAROM_ASSERT(carom_heap_at(NULL, ref, NULL) == NULL);
    CAROM_ASSERT(carom_heap_at((carom_heap_t *) lock, ref, NULL) == NULL);
    CAROM_ASSERT_OK(carom_heap_free(heap, 0));
    CAROM_ASSERT(carom_heap_at(heap, 0, NULL) == NULL);
    end_block(heap, ref, 10, 1);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_heap(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_heap(carom_value_from_lock(lock)) == NULL);
    carom_heap_destroy(&heap);
    carom_lock_destroy(&lock);
}

/* Which status that is the header leaves open. */
static void expect_too_large(carom_heap_t *heap, size_t size)
{
    carom_heap_ref_t ref = 5;
    void *at = &ref;

    CAROM_ASSERT(carom_heap_alloc(&ref, &at, heap, size) != CAROM_OK);
    CAROM_ASSERT(ref == 0 && at == NULL);
}

CAROM_TEST_ONCE(heap, too_large)
{
    carom_heap_t *heap = make_heap(test);
    int64_t before = objects();

    expect_too_large(heap, (size_t) LARGEST + 1);
    expect_too_large(heap, SIZE_MAX / 2 + 2);
    expect_too_large(heap, SIZE_MAX - 63);
    expect_too_large(heap, SIZE_MAX);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
}

/* ---- references ---- */

CAROM_TEST(heap, freed_and_allocated_again)
{
    carom_heap_t *heap = make_heap(test);
    carom_heap_ref_t first = make_block(heap, 100, 1), ref = first, last;
    int i, rounds = (int) for_sanitizers(20000, 20);

    for (i = 0; i < rounds; i++) {
        CAROM_ASSERT_OK(carom_heap_free(heap, ref));
        expect_no_block(heap, ref);
        last = ref;
        ref = make_block(heap, 100, (uint32_t) i);
        CAROM_ASSERT(ref != last && ref != first);
        expect_no_block(heap, last);
        expect_no_block(heap, first);
        expect_content(heap, ref, 100, (uint32_t) i);
    }
    CAROM_ASSERT_OK(carom_heap_free(heap, ref));
    carom_heap_destroy(&heap);
}

CAROM_TEST(heap, of_another_heap)
{
    carom_heap_t *one = make_heap(test), *other = make_heap(test);
    carom_heap_ref_t ones = make_block(one, 100, 1), others = make_block(other, 100, 2);

    CAROM_ASSERT(ones != others);
    expect_no_block(one, others);
    expect_no_block(other, ones);
    end_block(one, ones, 100, 1);
    expect_no_block(one, ones);
    expect_no_block(other, ones);
    carom_heap_destroy(&one);
    end_block(other, others, 100, 2);
    carom_heap_destroy(&other);
}

/* Numbers that look like references, each of its low half with some of the high one and the reverse. */
static void expect_none_near(carom_heap_t *heap, carom_heap_ref_t known)
{
    uint64_t low, high;
    int bit;

    for (bit = 0; bit < 64; bit++)
        expect_no_block(heap, known ^ (uint64_t) 1 << bit);
    for (low = 0; low < 300; low++)
        for (high = 0; high < 30; high++) {
            if ((high << 32 | low) != known && (high << 32 | low) != 0)
                expect_no_block(heap, high << 32 | low);
            if ((low << 32 | high) != known && (low << 32 | high) != 0)
                expect_no_block(heap, low << 32 | high);
        }
}

/* Beside other objects, of which none is taken for a block. */
CAROM_TEST_ONCE(heap, made_up_references)
{
    carom_heap_t *heap = make_heap(test), *other = make_heap(test);
    carom_array_t *array = make_slots(test, CAROM_ITEM_I64, 100);
    carom_queue_t *queue = make_queue(test, 0);
    carom_heap_ref_t ref, others = make_block(other, 70, 2), made_up;
    uint64_t lot = test->seed;
    int64_t before;
    int i;

    put_item(queue, 3000, 1);
    ref = make_block(heap, 70, 1);
    before = objects();
    for (i = 0; i < 200000; i++) {
        made_up = (uint64_t) by_lot(&lot, 1u << 31) << 33 ^ (uint64_t) by_lot(&lot, 1u << 31) << 16 ^ by_lot(&lot, 1u << 31);
        if (made_up != 0 && made_up != ref)
            expect_no_block(heap, made_up);
    }
    expect_no_block(heap, UINT64_MAX);
    expect_none_near(heap, ref);
    CAROM_ASSERT_INT(objects(), before);
    end_block(heap, ref, 70, 1);
    end_block(other, others, 70, 2);
    get_item(queue, 3000, 1);
    CAROM_ASSERT_OK(carom_array_set_int(array, 99, 1));
    carom_heap_destroy(&heap);
    carom_heap_destroy(&other);
    carom_array_destroy(&array);
    carom_queue_destroy(&queue);
}

CAROM_TEST(heap, contents_are_kept)
{
    enum { BLOCKS = 200 };
    carom_heap_t *heap = make_heap(test);
    int64_t before = objects();
    carom_heap_ref_t refs[BLOCKS] = {0};
    size_t sizes[BLOCKS];
    uint64_t lot = test->seed;
    uint32_t i, k, rounds = for_sanitizers(10000, 20);

    for (i = 0; i < rounds; i++) {
        k = (uint32_t) by_lot(&lot, BLOCKS);
        if (refs[k] != 0) {
            end_block(heap, refs[k], sizes[k], k);
            refs[k] = 0;
        } else {
            sizes[k] = 1 + by_lot(&lot, by_lot(&lot, 10) ? 300 : 20000);
            refs[k] = make_block(heap, sizes[k], k);
        }
    }
    for (k = 0; k < BLOCKS; k++)
        if (refs[k] != 0)
            end_block(heap, refs[k], sizes[k], k);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
}

CAROM_TEST(heap, destroyed_with_its_blocks)
{
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    carom_heap_t *heap = make_heap(test);
    int i;

    for (i = 0; i < 1000; i++)
        make_block(heap, (size_t) (1 + i * 7), (uint32_t) i);
    CAROM_ASSERT(objects() >= before + 1000);
    carom_heap_destroy(&heap);
    CAROM_ASSERT_INT(objects(), before);
    carom_lock_destroy(&lock);
}

static const char *const sizes[] = {"1", "64", "1000", "100000", NULL};

CAROM_TEST_WITH(heap, no_memory, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS,
                .parameters = sizes)
{
    enum { MOST = 4 * MIB / 64 };
    carom_heap_ref_t *refs = calloc(MOST, sizeof *refs), none = 5;
    size_t size = (size_t) atoi(test->parameter);
    carom_status_t status = CAROM_OK;
    carom_heap_t *heap;
    uint32_t made = 0, i;
    void *at = &none;

    CAROM_ASSERT(refs != NULL);
    CAROM_ASSERT_OK(carom_arena_set(0, 4 * MIB));
    heap = make_heap(test);
    CAROM_ASSERT_STATUS(carom_heap_alloc(&none, &at, heap, 5 * MIB), CAROM_ENOMEM);
    CAROM_ASSERT(none == 0 && at == NULL);
    CAROM_ASSERT_STATUS(carom_heap_alloc(&none, &at, heap, LARGEST), CAROM_ENOMEM);
    for (; made < MOST && (status = carom_heap_alloc(&refs[made], &at, heap, size)) == CAROM_OK; made++)
        paint(at, size, made);
    CAROM_ASSERT_STATUS(status, CAROM_ENOMEM);
    CAROM_ASSERT(made > 1 && made < MOST && refs[made] == 0 && at == NULL);
    CAROM_ASSERT_INT(objects(), made + 1);
    end_block(heap, refs[0], size, 0);
    refs[0] = make_block(heap, size, 0);
    CAROM_ASSERT_STATUS(carom_heap_alloc(&none, NULL, heap, size), CAROM_ENOMEM);
    for (i = 0; i < made; i += 2)
        end_block(heap, refs[i], size, i);
    for (i = 1; i < made; i += 2)
        expect_content(heap, refs[i], size, i);
    carom_heap_destroy(&heap);
    CAROM_ASSERT_INT(objects(), 0);
    free(refs);
}

/* ---- between processes ---- */

static void put_ref(carom_queue_t *queue, carom_heap_ref_t ref)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_uint(&value, ref));
    CAROM_ASSERT_OK(carom_queue_put(queue, value, PATIENCE));
    carom_value_clear(&value);
}

static carom_heap_ref_t get_ref(carom_queue_t *queue)
{
    return (carom_heap_ref_t) get_number(queue);
}

/* Allocates one of each size. */
CAROM_TASK(heap_gives)
{
    carom_heap_t *heap = carom_arg_heap(call, 0);
    uint32_t i;

    for (i = 0; i < LENGTHS; i++)
        put_ref(carom_arg_queue(call, 1), make_block(heap, lengths[i], i));
    return 0;
}

/* Frees one of each size. */
CAROM_TASK(heap_takes)
{
    carom_heap_t *heap = carom_arg_heap(call, 0);
    carom_heap_ref_t ref;
    uint32_t i;

    for (i = 0; i < LENGTHS; i++) {
        ref = get_ref(carom_arg_queue(call, 1));
        end_block(heap, ref, lengths[i], i);
        expect_no_block(heap, ref);
    }
    return 0;
}

CAROM_TEST(heap, freed_by_the_parent)
{
    carom_heap_t *heap = make_heap(test);
    carom_queue_t *queue = make_queue(test, 0);
    int64_t before = objects();
    carom_process_t *child = start(test, carom_call(heap_gives, heap, queue));
    uint32_t i;

    for (i = 0; i < LENGTHS; i++)
        end_block(heap, get_ref(queue), lengths[i], i);
    end_child(&child, 0);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
    carom_queue_destroy(&queue);
}

CAROM_TEST(heap, freed_by_the_child)
{
    carom_heap_t *heap = make_heap(test);
    carom_queue_t *queue = make_queue(test, 0);
    int64_t before = objects();
    carom_process_t *child = start(test, carom_call(heap_takes, heap, queue));
    carom_heap_ref_t refs[LENGTHS];
    uint32_t i;

    for (i = 0; i < LENGTHS; i++)
        put_ref(queue, refs[i] = make_block(heap, lengths[i], i));
    end_child(&child, 0);
    for (i = 0; i < LENGTHS; i++)
        expect_no_block(heap, refs[i]);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
    carom_queue_destroy(&queue);
}

CAROM_TEST(heap, from_child_to_child)
{
    carom_heap_t *heap = make_heap(test);
    carom_queue_t *queue = make_queue(test, 0);
    int64_t before = objects();
    carom_process_t *taker = start(test, carom_call(heap_takes, heap, queue));
    carom_process_t *giver = start(test, carom_call(heap_gives, heap, queue));

    end_child(&giver, 0);
    end_child(&taker, 0);
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
    carom_queue_destroy(&queue);
}

enum { CHILDREN = 4, SLOTS = 50, ROUNDS = 3000 };

/* What is in a slot afterwards, and what was there before. */
static carom_heap_ref_t exchange(carom_array_t *slots, size_t slot, carom_heap_ref_t ref)
{
    uint64_t *items = carom_array_items(slots);
    carom_heap_ref_t before;

    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(slots), PATIENCE));
    before = items[slot];
    items[slot] = ref;
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(slots)));
    return before;
}

CAROM_TASK(heap_trades)
{
    carom_heap_t *heap = carom_arg_heap(call, 0);
    carom_array_t *slots = carom_arg_array(call, 1);
    uint64_t lot = (uint64_t) carom_arg_int(call, 2);
    int64_t i, rounds = carom_arg_int(call, 3);
    carom_heap_ref_t ref;
    size_t slot, length;

    for (i = 0; i < rounds; i++) {
        slot = by_lot(&lot, SLOTS);
        length = by_lot(&lot, by_lot(&lot, 10) ? 300 : 20000);
        ref = by_lot(&lot, 2) ? make_with_head(heap, length, (uint32_t) by_lot(&lot, 1000)) : 0;
        ref = exchange(slots, slot, ref);
        if (ref != 0)
            end_with_head(heap, ref);
    }
    return 0;
}

CAROM_TEST_WITH(heap, many_that_free_each_other_s, .timeout_ms = 60000)
{
    carom_heap_t *heap = make_heap(test);
    carom_array_t *slots = make_slots(test, CAROM_ITEM_U64, SLOTS);
    int64_t before = objects();
    carom_process_t *children[CHILDREN];
    carom_heap_ref_t ref;
    size_t i;

    for (i = 0; i < CHILDREN; i++)
        children[i] = start(test, carom_call(heap_trades, heap, slots, test->seed + i, for_sanitizers(ROUNDS, 10)));
    end_all(children, CHILDREN);
    for (i = 0; i < SLOTS; i++) {
        ref = exchange(slots, i, 0);
        if (ref != 0)
            end_with_head(heap, ref);
    }
    CAROM_ASSERT_INT(objects(), before);
    carom_heap_destroy(&heap);
    carom_array_destroy(&slots);
}

/* Counts whose free it was. */
CAROM_TASK(heap_frees_all)
{
    carom_heap_t *heap = carom_arg_heap(call, 0);
    carom_array_t *refs = carom_arg_array(call, 1), *freed = carom_arg_array(call, 2);
    const uint64_t *items = carom_array_items(refs);
    size_t i, count = carom_array_count(refs);
    carom_status_t status;

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 3), 1));
    CAROM_ASSERT_OK(carom_event_wait(carom_arg_event(call, 4), PATIENCE));
    for (i = 0; i < count; i++) {
        status = carom_heap_free(heap, items[i]);
        if (status == CAROM_OK)
            CAROM_ASSERT_OK(carom_array_add_int(NULL, freed, i, 1));
        else
            CAROM_ASSERT_STATUS(status, CAROM_ENOKEY);
    }
    return 0;
}

/* Of all that free a block at once one has freed it, and the others are told that there is none. */
CAROM_TEST_WITH(heap, freed_once, .timeout_ms = 60000)
{
    uint32_t count = for_sanitizers(2000, 10), i, twice = 0;
    carom_heap_t *heap = make_heap(test);
    carom_array_t *refs = make_slots(test, CAROM_ITEM_U64, count), *freed = make_slots(test, CAROM_ITEM_U8, count);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_event_t *go = make_event(test);
    carom_process_t *children[CHILDREN];
    int64_t times;

    for (i = 0; i < count; i++)
        ((uint64_t *) carom_array_items(refs))[i] = make_block(heap, 10, i);
    start_all(children, CHILDREN, test, carom_call(heap_frees_all, heap, refs, freed, here, go));
    hear(here, CHILDREN);
    CAROM_ASSERT_OK(carom_event_set(go));
    end_all(children, CHILDREN);
    for (i = 0; i < count; i++) {
        CAROM_ASSERT_OK(carom_array_get_int(&times, freed, i));
        CAROM_ASSERT(times > 0);
        twice += times > 1;
        expect_no_block(heap, ((uint64_t *) carom_array_items(refs))[i]);
    }
    if (twice > 0)
        CAROM_NOTE("%u of %u blocks were freed more than once", twice, count);
    CAROM_CHECK(twice == 0);
    carom_heap_destroy(&heap);
    carom_array_destroy(&refs);
    carom_array_destroy(&freed);
    carom_semaphore_destroy(&here);
    carom_event_destroy(&go);
}

CAROM_TASK(heap_gives_and_stays)
{
    CAROM_ASSERT_INT(carom__task_heap_gives(call), 0);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 2), 1));
    return carom_semaphore_acquire(carom_arg_semaphore(call, 3), CAROM_FOREVER) == CAROM_OK;
}

CAROM_TEST(heap, blocks_of_one_that_was_killed)
{
    carom_heap_t *heap;
    carom_queue_t *queue;
    carom_semaphore_t *here, *never;
    carom_process_t *child;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    heap = make_heap(test);
    queue = make_queue(test, 0);
    here = make_semaphore(test, 0);
    never = make_semaphore(test, 0);
    child = start(test, carom_call(heap_gives_and_stays, heap, queue, here, never));
    hear(here, 1);
    CAROM_ASSERT_OK(carom_process_kill(child));
    end_child(&child, -9);
    child = start(test, carom_call(heap_takes, heap, queue));
    end_child(&child, 0);
    carom_heap_destroy(&heap);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&never);
}

/* ---- under way ---- */

CAROM_TASK(heap_arguments)
{
    carom_heap_t *heap = carom_arg_heap(call, 0);

    CAROM_ASSERT(heap != NULL && carom_arg_heap(call, 0) == heap);
    CAROM_ASSERT(carom_arg_heap(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_heap(call, 3) == NULL);
    CAROM_ASSERT(carom_arg_array(call, 0) == NULL);
    end_block(carom_arg_heap(call, 2), (carom_heap_ref_t) carom_arg_int(call, 1), 20, 4);
    expect_no_block(heap, (carom_heap_ref_t) carom_arg_int(call, 1));
    return 0;
}

CAROM_TEST(heap, arguments)
{
    carom_heap_t *heap = make_heap(test);
    carom_heap_ref_t ref = make_block(heap, 20, 4);
    carom_process_t *child = start(test, carom_call(heap_arguments, heap, ref, heap));

    end_child(&child, 0);
    expect_no_block(heap, ref);
    carom_heap_destroy(&heap);
}

CAROM_TASK(heap_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

/* Its blocks live with the last handle. */
CAROM_TEST(heap, sent_there_and_back)
{
    carom_connection_t *connection;
    carom_heap_t *heap, *back, *none;
    carom_heap_ref_t ref;
    carom_process_t *child;
    carom_value_t value;
    int64_t before;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &heap_echoes);
    before = objects();
    heap = make_heap(test);
    ref = make_block(heap, 5000, 3);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_heap(heap), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_HEAP);
    CAROM_ASSERT(carom_value_heap(value) != NULL && carom_value_array(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_heap(&back, &value));
    CAROM_ASSERT_STATUS(carom_value_take_heap(&none, &value), CAROM_ETYPE);
    CAROM_ASSERT(none == NULL && back != heap);
    carom_heap_destroy(&heap);
    expect_content(back, ref, 5000, 3);
    make_block(back, 10, 1);
    carom_heap_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT(objects() <= before);
}

CAROM_TEST(heap, dropped_with_its_queue)
{
    carom_heap_t *heap;
    carom_queue_t *queue;
    carom_value_t value;
    int64_t before;
    carom_heap_ref_t ref;

    skip_without_shares(test);
    before = objects();
    queue = make_queue(test, 0);
    heap = make_heap(test);
    ref = make_block(heap, 100, 1);
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_heap(heap), 0));
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_heap(heap), 0));
    carom_heap_destroy(&heap);
    CAROM_ASSERT_OK(carom_queue_get(&value, queue, 0));
    expect_content(carom_value_heap(value), ref, 100, 1);
    carom_value_clear(&value);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(objects(), before);
}

CAROM_TEST_ONCE(heap, only_where_there_is_a_tree)
{
    carom_heap_t *heap = make_heap(test);
    carom_value_t value = carom_value_from_heap(heap), copy;
    void *bytes;
    size_t length;
    char text[32];

    CAROM_ASSERT_STATUS(carom_value_encode(&bytes, &length, value, NULL, NULL), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOTSUP);
    CAROM_ASSERT_TEXT(carom_value_print(text, sizeof text, value), "<heap>");
    CAROM_ASSERT(carom_value_equal(value, carom_value_from_heap(heap)));
    carom_value_clear(&value);
    make_block(heap, 10, 1);
    carom_heap_destroy(&heap);
}

/* ---- a fork ---- */

static carom_heap_t *inherited;
static carom_heap_ref_t inherited_ref;

CAROM_TASK(heap_is_the_parent_s)
{
    carom_heap_ref_t ref = 5;
    void *at = &ref;

    CAROM_ASSERT_STATUS(carom_heap_alloc(&ref, &at, inherited, 10), CAROM_EFORKED);
    CAROM_ASSERT(ref == 0 && at == NULL);
    CAROM_ASSERT_STATUS(carom_heap_free(inherited, inherited_ref), CAROM_EFORKED);
    CAROM_ASSERT(carom_heap_at(inherited, inherited_ref, NULL) == NULL);
    carom_heap_destroy(&inherited);
    CAROM_ASSERT(inherited == NULL);
    expect_content(carom_arg_heap(call, 0), inherited_ref, 10, 1);
    return 0;
}

CAROM_TEST_WITH(heap, of_the_parent, .modes = CAROM_TEST_FORK)
{
    carom_process_t *child;

    inherited = make_heap(test);
    inherited_ref = make_block(inherited, 10, 1);
    child = start(test, carom_call(heap_is_the_parent_s, inherited));
    end_child(&child, 0);
    end_block(inherited, inherited_ref, 10, 1);
    carom_heap_destroy(&inherited);
}
