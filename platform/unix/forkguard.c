/* What a child forked by the host must not keep: copies of our descriptors.
 *
 * An exec closes them; a plain fork does not, and a copy held by such a child would keep connections open and workers alive
 * after this process is gone.  So each descriptor of ours is noted in a bitmap, and a handler that runs in every forked child
 * closes them there.  Objects of the parent become useless in the child, and say so: see carom_plat_fork_count. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE_BITS 4096
#define WORD_BITS 64
#define PAGES 256                     /* descriptors above 2^20 are not guarded */

typedef struct page_t {
    _Atomic uint64_t words[PAGE_BITS / WORD_BITS];
} page_t;

static page_t *_Atomic pages[PAGES];
static atomic_uint forks;

unsigned carom_plat_fork_count(void)
{
    return atomic_load_explicit(&forks, memory_order_relaxed);
}

static page_t *page_of(int fd, int make)
{
    page_t *_Atomic *place;
    page_t *page, *expected = NULL;

    if (fd < 0 || fd >= PAGES * PAGE_BITS)
        return NULL;
    place = &pages[fd / PAGE_BITS];
    page = atomic_load(place);
    if (page != NULL || !make)
        return page;
    page = calloc(1, sizeof *page);
    if (page == NULL)
        return NULL;
    if (atomic_compare_exchange_strong(place, &expected, page))
        return page;
    free(page);
    return expected;
}

static uint64_t bit_of(int fd)
{
    return (uint64_t) 1 << (fd % WORD_BITS);
}

/* A host that has closed its standard streams must not write into ours. */
static int above_standard(int fd)
{
    int up = fd >= 0 && fd < CHILD_CONTROL ? fcntl(fd, F_DUPFD_CLOEXEC, CHILD_CONTROL) : -1;

    if (up < 0)
        return fd;
    close(fd);
    return up;
}

int carom__fd_guard(int fd)
{
    page_t *page;

    fd = above_standard(fd);
    page = page_of(fd, 1);
    if (page != NULL)
        atomic_fetch_or(&page->words[fd % PAGE_BITS / WORD_BITS], bit_of(fd));
    return fd;
}

int carom__fd_release(int fd)
{
    page_t *page = page_of(fd, 0);

    if (page != NULL)
        atomic_fetch_and(&page->words[fd % PAGE_BITS / WORD_BITS], ~bit_of(fd));
    return fd;
}

void carom__fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        close(carom__fd_release(*fd));
    *fd = -1;
    errno = saved;
}

static void close_word(size_t first, uint64_t word)
{
    size_t bit;

    for (bit = 0; word != 0; bit++, word >>= 1)
        if (word & 1)
            close((int) (first + bit));
}

/* Only async-signal-safe calls: the parent may have had other threads. */
static void in_forked_child(void)
{
    size_t p, w;

    atomic_fetch_add(&forks, 1);
    carom__plat_threads_forget();
    for (p = 0; p < PAGES; p++) {
        page_t *page = atomic_load(&pages[p]);

        /* Written only where there is something: each page that is written is copied. */
        for (w = 0; page != NULL && w < PAGE_BITS / WORD_BITS; w++)
            if (atomic_load(&page->words[w]) != 0)
                close_word(p * PAGE_BITS + w * WORD_BITS, atomic_exchange(&page->words[w], 0));
    }
    carom_plat_global_unlock();
}

carom_status_t carom__plat_start_system(void)
{
    /* The child must find the global lock free: destructors of entries take it. */
    return pthread_atfork(carom_plat_global_lock, carom_plat_global_unlock, in_forked_child) == 0 ? CAROM_OK : CAROM_ENOMEM;
}
