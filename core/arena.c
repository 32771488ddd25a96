/* The arena: making it, joining it, its lock, its mappings, and the slots of its processes. */

#include "core/arena_layout.h"

#include "platform/fault.h"

#include <apr_general.h>

#include <string.h>

#define BYTE_ORDER_MARK 0x01020304u
#define DEFAULT_LIMIT (sizeof(void *) > 4 ? (uint64_t) 16 << 30 : (uint64_t) 1 << 30)
#define SEGMENTS_MAX 16384
#define LOCK_KEY 1                     /* of the lock, in the lot */
#define KEYS 16                        /* of objects, which share them: what a process keeps for each is kept for good */
#define LIMIT_MAX (SEGMENTS_MAX * CAROM__SEGMENT)

/* Of this process; set once, under the global lock, before `ready`. */
carom__root_t *carom__arena_root;
carom__id_t carom__arena_self;
static carom_plat_shared_t *shared;
static unsigned born;
static atomic_int ready;
static atomic_int has_keys;            /* carom__arena_open_keys was called */

static void *_Atomic segments[SEGMENTS_MAX];
static atomic_size_t segments_end;     /* behind the last that was mapped: the others' page is never touched */

/* What the first process asked for; guarded by the global lock. */
static uint64_t wanted_first, wanted_limit;

/* ---- mapping ---- */

static void note_mapped(size_t index)
{
    size_t end = atomic_load(&segments_end);

    while (end <= index && !atomic_compare_exchange_weak(&segments_end, &end, index + 1))
        continue;
}

void *carom__arena_map(uint64_t offset, uint64_t size)
{
    size_t index = (size_t) (offset / CAROM__SEGMENT), length = (size_t) (size > CAROM__SEGMENT ? size : CAROM__SEGMENT);
    void *at = atomic_load_explicit(&segments[index], memory_order_acquire), *expected = NULL;

    if (at == NULL) {
        if (carom_plat_shared_map(&at, shared, index * CAROM__SEGMENT, length) != CAROM_OK)
            return NULL;
        note_mapped(index);
        if (!atomic_compare_exchange_strong(&segments[index], &expected, at)) {
            carom_plat_shared_unmap(at, length);
            at = expected;
        }
    }
    return (unsigned char *) at + offset % CAROM__SEGMENT;
}

static uint64_t round_up(uint64_t size, uint64_t step)
{
    return (size + step - 1) / step * step;
}

carom_status_t carom__arena_chunk(uint64_t *offset, uint64_t size, uint64_t align)
{
    carom__root_t *root = carom__arena_root;
    uint64_t begin = round_up(root->bump, align);
    carom_status_t status;

    if (size > root->limit || begin > root->limit - size)
        return CAROM_ENOMEM;
    status = carom_plat_shared_commit(shared, begin, (size_t) size);
    if (status != CAROM_OK)
        return status;
    carom__fault("arena.commit");
    root->bump = begin + size;
    *offset = begin;
    return CAROM_OK;
}

/* ---- the lock ---- */

static carom_plat_party_t party(void)
{
    carom_plat_party_t self = {&carom__arena_root->lot, LOCK_KEY, carom__slot_party(carom__arena_self),
                               carom__slot_is_party_alive};

    return self;
}

/* What one who is dead left is put in order before anything is done with it, by the first that can map all of it. */
static carom_status_t put_in_order(void)
{
    if (!carom__objects_recover())
        return CAROM_ENOMEM;
    atomic_store(&carom__arena_root->disorder, 0);
    return CAROM_OK;
}

carom_status_t carom__arena_enter(int64_t deadline)
{
    carom_plat_party_t self = party();
    carom_status_t status = carom_plat_lock_enter(&carom__arena_root->lock, &self, deadline);

    if (status == CAROM_EOWNERDEAD)
        atomic_store(&carom__arena_root->disorder, 1);
    else if (status != CAROM_OK)
        return status;
    status = atomic_load(&carom__arena_root->disorder) ? put_in_order() : CAROM_OK;
    if (status != CAROM_OK) {
        carom_plat_lock_leave(&carom__arena_root->lock, &self);
        return status;
    }
    carom__fault("arena.entered");
    carom__debts_pay();
    return CAROM_OK;
}

void carom__arena_leave(void)
{
    carom_plat_party_t self = party();

    carom__fault("arena.leaving");
    carom_plat_lock_leave(&carom__arena_root->lock, &self);
}

/* ---- sleeping ---- */

static uint64_t key_of(uint32_t index)
{
    return (uint64_t) LOCK_KEY + 1 + index % KEYS;
}

void carom__arena_open_keys(void)
{
    uint32_t i;

    for (i = 0; !atomic_load(&has_keys) && i < KEYS; i++)
        carom_plat_lot_open(&carom__arena_root->lot, key_of(i));
    atomic_store(&has_keys, 1);
}

void carom__arena_park(uint32_t index, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline)
{
    carom_plat_park(&carom__arena_root->lot, key_of(index), word, expected, deadline);
}

void carom__arena_unpark(uint32_t index, const _Atomic uint32_t *word, int all)
{
    carom_plat_unpark(&carom__arena_root->lot, key_of(index), word, all);
}

/* ---- making it ---- */

/* Mappings of an arena that came to nothing. */
static void unmap_all(void)
{
    size_t i;

    for (i = 0; i < atomic_load(&segments_end); i++)
        carom_plat_shared_unmap(atomic_exchange(&segments[i], NULL), (size_t) CAROM__SEGMENT);
}

/* What a fork of the host has inherited is its parent's. */
static void forget(void)
{
    if (shared)
        carom_plat_shared_close(&shared);
    memset(segments, 0, atomic_exchange(&segments_end, 0) * sizeof segments[0]);
    carom__debts_forget();
    carom__arena_root = NULL;
    atomic_store(&ready, 0);
    atomic_store(&has_keys, 0);
}

static int is_ready(void)
{
    return atomic_load_explicit(&ready, memory_order_acquire) && born == carom_plat_fork_count();
}

static carom_status_t map_root(void)
{
    carom__arena_root = carom__arena_map(0, sizeof *carom__arena_root);
    return carom__arena_root ? CAROM_OK : CAROM_ENOMEM;
}

static carom_status_t set_up_root(uint64_t first, uint64_t limit)
{
    carom__root_t *root = carom__arena_root;
    carom_status_t status = carom_plat_lock_init(&root->lock);

    if (status == CAROM_OK)
        status = carom_plat_lot_init(&root->lot);
    if (status == CAROM_OK && first > 0)
        status = carom_plat_shared_commit(shared, CAROM__CHUNK, (size_t) first);
    if (status != CAROM_OK)
        return status;
    if (apr_generate_random_bytes((unsigned char *) &root->tag, sizeof root->tag) != APR_SUCCESS)
        return CAROM_EAGAIN;
    root->limit = limit;
    root->layout = CAROM__ARENA_LAYOUT;
    root->word_size = sizeof(void *);
    root->lock_kind = carom_plat_lock_kind();
    root->byte_order = BYTE_ORDER_MARK;
    root->first = CAROM__CHUNK + first;
    root->bump = root->carve_at = root->carve_end = CAROM__CHUNK;
    root->magic = CAROM__ARENA_MAGIC;
    return carom__slot_claim_first(shared);
}

static carom_status_t make(uint64_t first, uint64_t limit)
{
    carom_status_t status = carom_plat_shared_create(&shared, limit);

    if (status == CAROM_OK)
        status = carom_plat_shared_commit(shared, 0, CAROM__CHUNK);
    if (status == CAROM_OK)
        status = map_root();
    if (status == CAROM_OK)
        status = set_up_root(first, limit);
    return status;
}

static carom_status_t make_once(int *made)
{
    carom_status_t status;

    if (is_ready())
        return CAROM_OK;
    forget();
    status = make(wanted_first, wanted_limit > 0 ? wanted_limit : DEFAULT_LIMIT);
    if (status != CAROM_OK) {
        unmap_all();
        forget();
        return status;
    }
    born = carom_plat_fork_count();
    carom_plat_lot_open(&carom__arena_root->lot, LOCK_KEY);
    atomic_store(&ready, 1);
    *made = 1;
    return CAROM_OK;
}

carom_status_t carom__arena_start(void)
{
    carom_status_t status;
    int made = 0;

    if (is_ready())
        return CAROM_OK;
    carom_plat_global_lock();
    status = make_once(&made);
    carom_plat_global_unlock();
    /* A tree begins: what others could not take along goes now.  Not under the lock, since others may be at it. */
    if (made)
        carom_plat_named_reclaim();
    return status;
}

void carom__arena_do_without(void)
{
    static atomic_uint begun;          /* 1 + carom_plat_fork_count() then */
    unsigned now = 1 + carom_plat_fork_count();

    if (atomic_exchange(&begun, now) != now)
        carom_plat_named_reclaim();
}

carom_plat_shared_t *carom__arena_shared(void)
{
    return is_ready() ? shared : NULL;
}

carom_plat_shared_t *carom__arena_memory(void)
{
    return shared;
}

carom__id_t carom__arena_slot(void)
{
    static const carom__id_t none;

    return is_ready() ? carom__arena_self : none;
}

uint64_t carom__arena_tag(void)
{
    return is_ready() ? carom__arena_root->tag : 0;
}

carom_status_t carom_arena_set(uint64_t first, uint64_t limit)
{
    carom_status_t status = CAROM_EBUSY;

    if (limit > LIMIT_MAX || (limit > 0 && limit < CAROM__SEGMENT))
        return CAROM_EINVAL;
    limit = limit / CAROM__SEGMENT * CAROM__SEGMENT;
    if (first > (limit > 0 ? limit : DEFAULT_LIMIT) - CAROM__CHUNK)
        return CAROM_EINVAL;
    carom_plat_global_lock();
    if (!is_ready()) {
        wanted_first = round_up(first, CAROM__CHUNK);
        wanted_limit = limit;
        status = CAROM_OK;
    }
    carom_plat_global_unlock();
    return status;
}

/* ---- joining it ---- */

static carom_status_t check_root(const carom__root_t *root)
{
    if (root->magic != CAROM__ARENA_MAGIC || root->layout != CAROM__ARENA_LAYOUT || root->byte_order != BYTE_ORDER_MARK)
        return CAROM_EVERSION;
    if (root->word_size != sizeof(void *) || root->lock_kind != carom_plat_lock_kind())
        return CAROM_EVERSION;
    return root->limit <= LIMIT_MAX ? CAROM_OK : CAROM_EVERSION;
}

static carom_status_t join(carom__id_t slot)
{
    carom_status_t status = map_root();

    if (status == CAROM_OK)
        status = check_root(carom__arena_root);
    return status == CAROM_OK ? carom__slot_claim(shared, slot) : status;
}

carom_status_t carom__arena_join(carom_plat_shared_t *given, carom__id_t slot)
{
    carom_status_t status;

    carom_plat_global_lock();
    forget();
    shared = given;
    status = join(slot);
    if (status == CAROM_OK) {
        born = carom_plat_fork_count();
        carom_plat_lot_open(&carom__arena_root->lot, LOCK_KEY);
        atomic_store(&ready, 1);
    } else {
        unmap_all();
        forget();
    }
    carom_plat_global_unlock();
    return status;
}
