/* Somebody scribbles over queues, arrays, locks and the like: statuses and garbage come of it, no call waits for longer than it
 * was told to, and nothing else is touched. */

#include "tests/inside/scribble.h"

/* µs that a call with a timeout of 1 may take: it may wait for the arena's lock, and the machine is busy. */
enum { LONGEST_CALL = 3000000 };

static void check_time(carom_duration_t began, const char *what)
{
    carom_duration_t took = carom_now() - began;

    if (took > in_time(LONGEST_CALL))
        CAROM_NOTE("%s took %lld us", what, (long long) took);
    CAROM_ASSERT(took <= in_time(LONGEST_CALL));
}

/* ---- queues ---- */

/* What begins an item, and what a place is, beside what any word is. */
static uint64_t word_of_a_queue(const area_t *area, uint64_t *lot)
{
    uint64_t flags = draw(lot) % 2 ? 0 : (uint64_t) (draw(lot) % 16) << 52;

    switch (draw(lot) % 4) {
    case 0:
        return carom__item_word(draw(lot) % 4, draw(lot) % 2 ? draw(lot) % 100 : draw(lot) % 70000, 0, flags);
    case 1:
        return carom__item_word(1 + draw(lot) % 2, sizeof(carom__apart_t), draw(lot) % 3, flags | CAROM__ITEM_APART);
    case 2:
        return carom__place_of(draw(lot) % 200, draw(lot) % 4096 * (draw(lot) % 2 ? 8 : 1));
    default:
        return any_word(area, lot);
    }
}

static void put_something(carom_queue_t *queue, carom_lock_t *lock, uint64_t *lot)
{
    static char bytes[400000];
    carom_status_t status = CAROM_OK;
    size_t put;

    switch (draw(lot) % 4) {
    case 0:
        status = carom_queue_put_bytes(queue, bytes, draw(lot) % 500, 1);
        break;
    case 1:
        status = carom_queue_put_bytes(queue, bytes, draw(lot) % sizeof bytes, 1);
        break;
    case 2:
        status = carom_queue_put(queue, carom_value_from_lock(lock), 1);
        break;
    default:
        status = carom_queue_put_array(&put, queue, bytes, 1 + draw(lot) % 100, draw(lot) % 40, 1);
    }
    (void) status;
}

static void get_something(carom_queue_t *queue, uint64_t *lot)
{
    static char bytes[400000];
    size_t length;
    carom_status_t status = CAROM_OK;
    carom_value_t value;
    void *copy;

    switch (draw(lot) % 4) {
    case 0:
        status = carom_queue_get(&value, queue, 1);
        carom_value_clear(&value);
        break;
    case 1:
        if (carom_queue_get_bytes(&copy, &length, queue, 0, 1) == CAROM_OK)
            carom_free(copy);
        break;
    case 2:
        status = carom_queue_get_into(bytes, sizeof bytes, &length, queue, 1);
        break;
    default:
        status = carom_queue_get_array(bytes, 1 + draw(lot) % 100, draw(lot) % 40, &length, queue, 1);
    }
    (void) status;
}

static void ask(carom_queue_t *queue, uint64_t *lot)
{
    carom_status_t status = CAROM_OK;

    (void) carom_queue_size(queue);
    (void) carom_queue_unfinished(queue);
    (void) carom_queue_is_empty(queue);
    (void) carom_queue_is_full(queue);
    if (draw(lot) % 4 == 0)
        status = carom_queue_task_done(queue, draw(lot) % 3);
    if (draw(lot) % 4 == 0)
        status = carom_queue_join(queue, 1);
    if (draw(lot) % 32 == 0)
        status = carom_queue_close(queue);
    (void) status;
}

static void use_queue(carom_queue_t *queue, carom_lock_t *lock, uint64_t *lot)
{
    carom_duration_t began = carom_now();

    switch (draw(lot) % 5) {
    case 0:
    case 1:
        put_something(queue, lock, lot);
        check_time(began, "a put");
        break;
    case 2:
    case 3:
        get_something(queue, lot);
        check_time(began, "a get");
        break;
    default:
        ask(queue, lot);
        check_time(began, "asking");
    }
}

/* One that another process would make: it reads all that stands there anew. */
static carom_queue_t *another_handle(const carom_queue_t *queue)
{
    void *handle;

    return carom__share_find(&handle, CAROM_QUEUE, queue->share.object) == CAROM_OK ? handle : NULL;
}

static carom_queue_t *queue_with_items(carom_lock_t *lock, uint64_t *lot)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue;
    unsigned i, count = draw(lot) % 30;

    options.bytes = 4 << 20;
    CAROM_ASSERT_OK(carom_queue_create(&queue, NULL, draw(lot) % 2 ? 0 : 50, &options));
    for (i = 0; i < count; i++)
        put_something(queue, lock, lot);
    return queue;
}

CAROM_TEST_WITH(scribble, over_queues, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)
{
    unsigned rounds = for_sanitizers(rounds_of(1000, 50000), 4), i, k;
    uint64_t lot = test->seed | 1, objects = objects_in_use();
    static guards_t guards;
    carom_queue_t *queue, *other;
    carom_lock_t *lock;
    area_t area;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_lock_create(&lock, NULL, NULL));
    make_guards(&guards, 4096, 0, 2);
    make_guards(&guards, 65536, 1, 2);
    for (i = 0; i < rounds; i++) {
        queue = queue_with_items(lock, &lot);
        other = draw(&lot) % 2 ? another_handle(queue) : NULL;
        find_area(&area, queue->share.object, CAROM_QUEUE, carom__queue_holder(queue));
        for (k = 0; k < 12; k++) {
            scribble(&area, word_of_a_queue, &lot);
            if (other == NULL)
                other = another_handle(queue);
            use_queue(other && draw(&lot) % 2 ? other : queue, lock, &lot);
        }
        carom_queue_destroy(&other);
        carom_queue_destroy(&queue);
    }
    end_guards(&guards);
    CAROM_ASSERT(carom_lock_acquire(lock, 0) == CAROM_OK);
    carom_lock_destroy(&lock);
    CAROM_ASSERT(arena_trouble() == NULL);
    expect_objects(objects);
}

/* Where in the area of a queue what these bytes say is. */
static unsigned char *find_bytes(const area_t *area, const char *bytes)
{
    size_t length = strlen(bytes), at;
    unsigned i;

    for (i = 0; i < area->count; i++)
        for (at = 0; at + length <= area->sizes[i]; at++)
            if (memcmp(area->at[i] + at, bytes, length) == 0)
                return area->at[i] + at;
    return NULL;
}

/* A value of another version is taken out, and so is one that is none; what comes behind it can be got. */
CAROM_TEST_ONCE(scribble, values_that_are_none)
{
    static const struct {
        int before;                    /* the text, of which the version, the type and the length are 3 bytes */
        carom_status_t status;
    } spoilt[] = {{3, CAROM_EVERSION}, {2, CAROM_EBADMSG}, {1, CAROM_EBADMSG}};
    carom_queue_t *queue;
    carom_value_t value;
    unsigned char *text;
    area_t area;
    size_t i;

    skip_without_sharing();
    for (i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        CAROM_ASSERT_OK(carom_queue_create(&queue, NULL, 0, NULL));
        CAROM_ASSERT_OK(carom_value_from_text(&value, "a text that is looked for"));
        CAROM_ASSERT_OK(carom_queue_put(queue, value, PATIENCE));
        carom_value_clear(&value);
        CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_int(5), PATIENCE));
        find_area(&area, queue->share.object, CAROM_QUEUE, carom__queue_holder(queue));
        text = find_bytes(&area, "a text that is looked for");
        CAROM_ASSERT(text != NULL);
        text[-spoilt[i].before] = 0x7F;
        CAROM_ASSERT_STATUS(carom_queue_get(&value, queue, PATIENCE), spoilt[i].status);
        CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
        CAROM_ASSERT_INT(carom_value_int(value), 5);
        CAROM_ASSERT_INT(carom_queue_unfinished(queue), 2);
        carom_queue_destroy(&queue);
    }
}

/* ---- the others ---- */

static void use_array(void *handle, uint64_t *lot)
{
    carom_array_t *array = handle;
    size_t index = draw(lot) % 200;
    int64_t number;

    if (carom_array_lock(array) && carom_lock_acquire(carom_array_lock(array), 1) == CAROM_OK)
        (void) carom_lock_release(carom_array_lock(array));
    (void) carom_array_add_int(&number, array, index, 1);
    (void) !carom_array_get_int(&number, array, carom_array_count(array) - 1);
    CAROM_CHECK(carom_array_get_int(&number, array, carom_array_count(array)) != CAROM_OK);
}

static void use_lock(void *handle, uint64_t *lot)
{
    carom_lock_owner_t owner;
    carom_status_t status = carom_lock_acquire(handle, draw(lot) % 2);

    if (draw(lot) % 4 == 0)
        (void) carom_lock_recover(handle);
    (void) carom_lock_owner(&owner, handle);
    if (status == CAROM_OK || status == CAROM_EOWNERDEAD || draw(lot) % 2)
        (void) carom_lock_release(handle);
}

static void use_semaphore(void *handle, uint64_t *lot)
{
    (void) carom_semaphore_count(handle);
    if (carom_semaphore_acquire(handle, draw(lot) % 2) == CAROM_OK || draw(lot) % 2)
        (void) carom_semaphore_release(handle, 1 + draw(lot) % 3);
}

static void use_event(void *handle, uint64_t *lot)
{
    if (draw(lot) % 4 == 0)
        CAROM_CHECK(carom_event_set(handle) == CAROM_OK);
    (void) !carom_event_wait(handle, 1);
    (void) carom_event_is_set(handle);
    if (draw(lot) % 4 == 0)
        CAROM_CHECK(carom_event_clear(handle) == CAROM_OK);
}

static void use_condition(void *handle, uint64_t *lot)
{
    carom_lock_t *lock = carom_condition_lock(handle);
    carom_status_t status = carom_lock_acquire(lock, 1);

    if (status != CAROM_OK)
        return;
    if (draw(lot) % 2)
        (void) carom_condition_notify(handle, draw(lot) % 3);
    if (draw(lot) % 2)
        (void) carom_condition_notify_all(handle);
    (void) !carom_condition_wait(handle, 1);
    CAROM_CHECK(carom_lock_release(lock) == CAROM_OK);
}

static void use_barrier(void *handle, uint64_t *lot)
{
    uint32_t index;

    (void) !carom_barrier_wait(&index, handle, draw(lot) % 2);
    (void) carom_barrier_waiting(handle);
    if (draw(lot) % 2)
        (void) carom_barrier_reset(handle);
    if (draw(lot) % 4 == 0)
        (void) carom_barrier_abort(handle);
}

/* Another handle reads what stands there anew, or is refused. */
static void use_another_handle(const carom__share_t *share, void (*use)(void *handle, uint64_t *lot), uint64_t *lot)
{
    void *handle;

    if (carom__share_find(&handle, carom__share_type(share), share->object) != CAROM_OK) {
        CAROM_CHECK(handle == NULL);
        return;
    }
    use(handle, lot);
    carom__share_drop(handle);
}

/* Over the block alone, and what is made of it by `use`.  `make` and `end` are of the type. */
static void scribble_over(const carom_test_t *test, carom_type_t type, void *(*make)(void),
                          void (*use)(void *handle, uint64_t *lot), void (*end)(void *handle))
{
    unsigned rounds = for_sanitizers(rounds_of(500, 20000), 4), i, k;
    uint64_t lot = test->seed | 1, objects;
    static guards_t guards;
    carom_duration_t began;
    area_t area;

    skip_without_sharing();
    objects = objects_in_use();
    make_guards(&guards, 64, 0, 1);
    for (i = 0; i < rounds; i++) {
        void *handle = make();
        const carom__share_t *share = handle;

        find_area(&area, share->object, type, CAROM__NOBODY - 1);
        for (k = 0; k < 8; k++) {
            scribble(&area, any_word, &lot);
            began = carom_now();
            use(handle, &lot);
            use_another_handle(share, use, &lot);
            check_time(began, "a use");
        }
        end(handle);
    }
    end_guards(&guards);
    CAROM_ASSERT(arena_trouble() == NULL);
    expect_objects(objects);
}

#define SCRIBBLE_OVER(noun, type, ...)                                                                                         \
    static void *make_##noun(void)                                                                                             \
    {                                                                                                                          \
        carom_##noun##_t *made;                                                                                                \
                                                                                                                               \
        CAROM_ASSERT_OK(carom_##noun##_create(&made, __VA_ARGS__));                                                            \
        return made;                                                                                                           \
    }                                                                                                                          \
                                                                                                                               \
    static void end_##noun(void *handle)                                                                                       \
    {                                                                                                                          \
        carom_##noun##_t *made = handle;                                                                                       \
                                                                                                                               \
        carom_##noun##_destroy(&made);                                                                                         \
    }                                                                                                                          \
                                                                                                                               \
    CAROM_TEST_WITH(scribble, over_##noun##s, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)                             \
    {                                                                                                                          \
        scribble_over(test, type, make_##noun, use_##noun, end_##noun);                                                        \
    }

SCRIBBLE_OVER(array, CAROM_ARRAY, NULL, CAROM_ITEM_I64, 100, NULL)
SCRIBBLE_OVER(lock, CAROM_LOCK, NULL, NULL)
SCRIBBLE_OVER(semaphore, CAROM_SEMAPHORE, NULL, 1, NULL)
SCRIBBLE_OVER(event, CAROM_EVENT, NULL)
SCRIBBLE_OVER(condition, CAROM_CONDITION, NULL, NULL)
SCRIBBLE_OVER(barrier, CAROM_BARRIER, NULL, 2)
