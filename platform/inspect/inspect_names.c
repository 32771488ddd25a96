/* What has a name in the whole system, on Linux: POSIX segments and semaphores are files of /dev/shm, and the calls of System V
 * tell what there is.  (The same stands in /proc/sysvipc, at four times the price.) */

#include "inspect_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARED_FILES "/dev/shm"

union semun {
    int value;
    struct semid_ds *status;
    struct seminfo *info;
};

/* ---- files ---- */

/* The list of the names that carom takes away with their owners (platform/unix/named_list.c): there while any program of this
 * user has such a name, which is shown itself. */
static int is_list_of_names(const char *name)
{
    char list[64];

    snprintf(list, sizeof list, "carom-%lu-names", (unsigned long) geteuid());
    return strcmp(name, list) == 0;
}

static void show_file(const carom_inspect_listing_t *listing, int folder, const char *name)
{
    carom_inspect_thing_t thing;
    struct stat info;

    if (is_list_of_names(name))
        return;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid())
        return;
    thing.kind = strncmp(name, "sem.", strlen("sem.")) == 0 ? CAROM_INSPECT_SEMAPHORE : CAROM_INSPECT_SEGMENT;
    thing.id = (int64_t) info.st_ino;
    snprintf(thing.text, sizeof(thing.text), SHARED_FILES "/%.200s", name);
    listing->visit(listing->argument, &thing);
}

static int list_files(const carom_inspect_listing_t *listing)
{
    DIR *folder = opendir(SHARED_FILES);
    struct dirent *entry;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            show_file(listing, dirfd(folder), entry->d_name);
    closedir(folder);
    return 1;
}

/* A lease to write is given to who is the only one that has the file open or mapped.  Who opens it meanwhile waits until it is
 * given back, and the signal of that is one that harms nobody. */
static int is_left_file(const carom_inspect_thing_t *thing)
{
    int file = open(thing->text, O_RDWR | O_NOFOLLOW | O_CLOEXEC), left;
    struct stat info;

    if (file < 0)
        return 0;
    left = fstat(file, &info) == 0 && (int64_t) info.st_ino == thing->id;
    fcntl(file, F_SETSIG, SIGURG);
    if (fcntl(file, F_SETLEASE, F_WRLCK) != 0)
        left = left && errno != EAGAIN;
    close(file);
    return left;
}

/* ---- System V ---- */

static void show_segment(const carom_inspect_listing_t *listing, int id, const struct shmid_ds *status)
{
    carom_inspect_thing_t thing = {CAROM_INSPECT_SEGMENT, id, ""};

    snprintf(thing.text, sizeof(thing.text), "System V, key %#x, %zu bytes, made by process %d",
             (unsigned) status->shm_perm.__key, status->shm_segsz, (int) status->shm_cpid);
    if (status->shm_perm.cuid == geteuid())
        listing->visit(listing->argument, &thing);
}

static void show_semaphores(const carom_inspect_listing_t *listing, int id, const struct semid_ds *status)
{
    carom_inspect_thing_t thing = {CAROM_INSPECT_SEMAPHORE, id, ""};

    snprintf(thing.text, sizeof(thing.text), "System V, key %#x, a set of %lu", (unsigned) status->sem_perm.__key,
             (unsigned long) status->sem_nsems);
    if (status->sem_perm.cuid == geteuid())
        listing->visit(listing->argument, &thing);
}

static void show_queue(const carom_inspect_listing_t *listing, int id, const struct msqid_ds *status)
{
    carom_inspect_thing_t thing = {CAROM_INSPECT_QUEUE, id, ""};

    snprintf(thing.text, sizeof(thing.text), "System V, key %#x", (unsigned) status->msg_perm.__key);
    if (status->msg_perm.cuid == geteuid())
        listing->visit(listing->argument, &thing);
}

/* The first call gives the last index in use; an index that is not in use, or of others, gives an error.  0: a kernel without
 * all this. */
static int list_system_v(const carom_inspect_listing_t *listing)
{
    struct shm_info segments;
    struct seminfo semaphores;
    struct msginfo queues;
    struct shmid_ds segment;
    struct semid_ds set;
    struct msqid_ds queue;
    int last_segment = shmctl(0, SHM_INFO, (struct shmid_ds *) (void *) &segments);
    int last_set = semctl(0, 0, SEM_INFO, (union semun) {.info = &semaphores});
    int last_queue = msgctl(0, MSG_INFO, (struct msqid_ds *) (void *) &queues);
    int i, id;

    for (i = 0; i <= last_segment && segments.used_ids > 0; i++)
        if ((id = shmctl(i, SHM_STAT, &segment)) >= 0)
            show_segment(listing, id, &segment);
    for (i = 0; i <= last_set && semaphores.semusz > 0; i++)
        if ((id = semctl(i, 0, SEM_STAT, (union semun) {.status = &set})) >= 0)
            show_semaphores(listing, id, &set);
    for (i = 0; i <= last_queue && queues.msgpool > 0; i++)
        if ((id = msgctl(i, MSG_STAT, &queue)) >= 0)
            show_queue(listing, id, &queue);
    return last_segment >= 0 && last_set >= 0 && last_queue >= 0;
}

/* Semaphores and queues have no users that the system could tell. */
static int is_left_object(const carom_inspect_thing_t *thing)
{
    struct shmid_ds segment;
    struct semid_ds set;
    struct msqid_ds queue;
    int id = (int) thing->id;

    if (thing->kind == CAROM_INSPECT_SEMAPHORE)
        return semctl(id, 0, IPC_STAT, (union semun) {.status = &set}) == 0;
    if (thing->kind == CAROM_INSPECT_QUEUE)
        return msgctl(id, IPC_STAT, &queue) == 0;
    return shmctl(id, IPC_STAT, &segment) == 0 && segment.shm_nattch == 0 && kill(segment.shm_cpid, 0) != 0;
}

/* ---- both ---- */

unsigned carom_inspect_names(carom_inspect_visit_t visit, void *argument)
{
    carom_inspect_listing_t listing = {visit, argument};
    unsigned told = 0;

    if (list_files(&listing))
        told |= CAROM_INSPECT_SEGMENT | CAROM_INSPECT_SEMAPHORE;
    if (list_system_v(&listing))
        told |= CAROM_INSPECT_QUEUE;
    return told;
}

int carom_inspect_is_left(const carom_inspect_thing_t *thing)
{
    return *thing->text == '/' ? is_left_file(thing) : is_left_object(thing);
}
