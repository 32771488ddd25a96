# CAROM_FEATURE(NAME, OPTION, MEANING, INCLUDES, BODY)
# ----------------------------------------------------
# One fact about the system.  Defines NAME to 1 or 0 in config.h and adds a
# row to CAROM_FEATURES_TABLE there.  --disable-OPTION forces it off,
# --enable-OPTION makes its lack an error, and carom_cv_OPTION in a
# config.site tells the answer beforehand.  Programs are linked and never
# run, so that cross builds get the same answers.
#
# The features are calls of Unix that APR has not, or not as we want them:
# --disable-native and Windows do without all of them.
AC_DEFUN([CAROM_FEATURE], [
CAROM_FEATURE_OPTION([$1], [$2], [$3])
AS_IF([test "$carom_asked" != no && test "$carom_natives" = yes],
  [AC_CACHE_CHECK([for $3], [carom_cv_[]m4_translit([$2], [-], [_])],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([[$4]], [[$5]])],
      [carom_cv_[]m4_translit([$2], [-], [_])=yes],
      [carom_cv_[]m4_translit([$2], [-], [_])=no])])
  carom_found=$carom_cv_[]m4_translit([$2], [-], [_])])
CAROM_FEATURE_RESULT([$1], [$2], [$3])
])

# CAROM_FEATURE_KNOWN(NAME, OPTION, MEANING, TEST)
# ------------------------------------------------
# A fact that no compiler tells: the shell command TEST says it.
AC_DEFUN([CAROM_FEATURE_KNOWN], [
CAROM_FEATURE_OPTION([$1], [$2], [$3])
AS_IF([test "$carom_asked" != no],
  [AC_CACHE_CHECK([for $3], [carom_cv_[]m4_translit([$2], [-], [_])],
    [AS_IF([$4],
      [carom_cv_[]m4_translit([$2], [-], [_])=yes],
      [carom_cv_[]m4_translit([$2], [-], [_])=no])])
  carom_found=$carom_cv_[]m4_translit([$2], [-], [_])])
CAROM_FEATURE_RESULT([$1], [$2], [$3])
])

AC_DEFUN([CAROM_FEATURE_OPTION], [dnl
AC_ARG_ENABLE([$2], [AS_HELP_STRING([--disable-$2], [$3: take it as absent])],
  [carom_asked=$enableval], [carom_asked=probe])
carom_found=no
])

AC_DEFUN([CAROM_FEATURE_RESULT], [dnl
AS_IF([test "$carom_asked" = yes && test "$carom_found" = no],
  [AC_MSG_ERROR([--enable-$2: this build has no $3])])
AS_IF([test "$carom_found" = yes], [$1=1], [$1=0])
AS_VAR_APPEND([carom_summary_$][$1], [" $2"])
AC_DEFINE_UNQUOTED([$1], [$[]$1], [1 if there is: $3 (--disable-$2), else 0])
m4_append([carom_features_table], [ \
    X($1, $1, "$2", "$3")])
])

# CAROM_FEATURES
# --------------
# The macros of the old multiprocessing package first, by its names.
AC_DEFUN([CAROM_FEATURES], [
m4_define([carom_features_table], [])
carom_summary_0= carom_summary_1=
AS_IF([test "$carom_platform" = unix && test "$enable_native" != no],
  [carom_natives=yes], [carom_natives=no])

CAROM_FEATURE([HAVE_SEM_OPEN], [sem-open], [named POSIX semaphores],
  [#include <fcntl.h>
   #include <semaphore.h>],
  [return sem_open("/carom", O_CREAT, 0600, 1) == SEM_FAILED;])
CAROM_FEATURE([HAVE_SEM_TIMEDWAIT], [sem-timedwait], [POSIX semaphores with a timeout],
  [#include <semaphore.h>
   #include <time.h>],
  [sem_t *s = 0; struct timespec t = {0, 0}; return sem_timedwait(s, &t);])
CAROM_FD_TRANSFER
CAROM_FEATURE_KNOWN([HAVE_FD_TRANSFER], [fd-transfer],
  [passing open files between processes], [test "$carom_fd_transfer" = yes])
CAROM_FEATURE_KNOWN([HAVE_BROKEN_SEM_GETVALUE], [broken-sem-getvalue],
  [a sem_getvalue that does not work],
  [test "$carom_natives" = yes && { case $host_os in darwin*) : ;; *) false ;; esac; }])
CAROM_FEATURE_KNOWN([HAVE_BROKEN_SEM_UNLINK], [broken-sem-unlink],
  [a sem_unlink that does not work],
  [test "$carom_natives" = yes && { case $host_os in cygwin*) : ;; *) false ;; esac; }])
CAROM_FEATURE([HAVE_PTHREAD_MUTEX_ROBUST], [mutex-robust],
  [mutexes that tell of their owner's death],
  [#include <pthread.h>],
  [pthread_mutexattr_t a; pthread_mutex_t *m = 0;
   pthread_mutexattr_init(&a);
   pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
   pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
   return pthread_mutex_consistent(m);])

CAROM_FEATURE([HAVE_PIDFD_OPEN], [pidfd], [descriptors of processes, by pidfd_open],
  [#include <sys/syscall.h>
   #include <unistd.h>],
  [return (int) syscall(SYS_pidfd_open, 1, 0);])
CAROM_FEATURE([HAVE_MEMFD_CREATE], [memfd], [unnamed files in memory, by memfd_create],
  [#include <sys/mman.h>],
  [return memfd_create("carom", MFD_CLOEXEC);])
CAROM_FEATURE([HAVE_FUTEX], [futex], [waiting on a word of memory, by futex],
  [#include <linux/futex.h>
   #include <sys/syscall.h>
   #include <unistd.h>],
  [int word = 0; return (int) syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0);])
CAROM_FEATURE([HAVE_EPOLL], [epoll], [descriptors of many others, by epoll and eventfd],
  [#include <sys/epoll.h>
   #include <sys/eventfd.h>],
  [return epoll_create1(EPOLL_CLOEXEC) + eventfd(0, EFD_CLOEXEC);])
CAROM_FEATURE([HAVE_PRCTL], [prctl], [a signal at the death of the parent thread, by prctl],
  [#include <sys/prctl.h>],
  [return prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0);])
CAROM_FEATURE([HAVE_SIGIO_LIFELINE], [sigio-lifeline],
  [a chosen signal when a descriptor is ready, by F_SETSIG],
  [#include <fcntl.h>
   #include <signal.h>
   #include <unistd.h>],
  [return fcntl(0, F_SETSIG, SIGKILL) + fcntl(0, F_SETOWN, getpid())
     + fcntl(0, F_SETFL, O_ASYNC);])
CAROM_FEATURE([HAVE_POSIX_SPAWN_CLOSEFROM], [spawn-closefrom],
  [posix_spawn that closes all other descriptors],
  [#include <spawn.h>],
  [posix_spawn_file_actions_t *a = 0; return posix_spawn_file_actions_addclosefrom_np(a, 3);])
CAROM_FEATURE([HAVE_POSIX_SPAWN_CHDIR], [spawn-chdir],
  [posix_spawn into another directory],
  [#include <spawn.h>],
  [posix_spawn_file_actions_t *a = 0; return posix_spawn_file_actions_addchdir_np(a, "/");])
CAROM_FEATURE([HAVE_CLOSE_RANGE], [close-range], [closing many descriptors at once, by close_range],
  [#include <unistd.h>],
  [return close_range(3, 4, 0);])
CAROM_FEATURE([HAVE_VFORK], [vfork], [a fork that copies nothing, by vfork],
  [#include <sys/types.h>
   #include <unistd.h>],
  [pid_t pid = vfork(); if (pid == 0) _exit(0); return 0;])
CAROM_FEATURE([HAVE_PIPE2], [pipe2], [pipes that are close-on-exec from birth],
  [#include <fcntl.h>
   #include <unistd.h>],
  [int ends[2]; return pipe2(ends, O_CLOEXEC | O_NONBLOCK);])
CAROM_FEATURE([HAVE_SOCK_CLOEXEC], [sock-cloexec], [sockets that are close-on-exec from birth],
  [#include <sys/socket.h>],
  [int ends[2]; return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);])
CAROM_FEATURE([HAVE_MSG_CMSG_CLOEXEC], [cmsg-cloexec],
  [received descriptors that are close-on-exec from birth],
  [#include <sys/socket.h>],
  [struct msghdr m = {0}; return (int) recvmsg(0, &m, MSG_CMSG_CLOEXEC);])
CAROM_FEATURE([HAVE_MSG_NOSIGNAL], [msg-nosignal], [sending without SIGPIPE],
  [#include <sys/socket.h>],
  [return (int) send(0, "", 1, MSG_NOSIGNAL);])
CAROM_FEATURE([HAVE_EVENTFD], [eventfd], [events as one descriptor, by eventfd],
  [#include <sys/eventfd.h>],
  [return eventfd(0, EFD_CLOEXEC);])
CAROM_FEATURE([HAVE_KQUEUE], [kqueue], [ends of processes as events, by kqueue],
  [#include <sys/types.h>
   #include <sys/event.h>
   #include <sys/time.h>],
  [struct kevent e; EV_SET(&e, 1, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 0); return kqueue();])
CAROM_FEATURE([HAVE_PROCCTL], [procctl], [a signal at the death of the parent, by procctl],
  [#include <sys/procctl.h>],
  [int sig = 9; return procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &sig);])
CAROM_FEATURE([HAVE_SCHED_GETAFFINITY], [sched-affinity], [processors that a process may use, by sched_getaffinity],
  [#include <sched.h>],
  [cpu_set_t set; CPU_ZERO(&set); return sched_getaffinity(0, sizeof set, &set) + CPU_COUNT(&set);])
CAROM_FEATURE([HAVE_GETRANDOM], [getrandom], [random bytes without a file, by getrandom],
  [#include <sys/random.h>],
  [char bytes[8]; return (int) getrandom(bytes, sizeof bytes, 0);])
CAROM_FEATURE([HAVE_ARC4RANDOM_BUF], [arc4random], [random bytes without failure, by arc4random_buf],
  [#include <stdlib.h>],
  [char bytes[8]; arc4random_buf(bytes, sizeof bytes);])
CAROM_FEATURE([HAVE_POSIX_FALLOCATE], [posix-fallocate], [room reserved in a file, by posix_fallocate],
  [#include <fcntl.h>],
  [return posix_fallocate(0, 0, 1);])

CAROM_FEATURE([HAVE_FILE_LOCKS], [file-locks], [locks on bytes of files, by fcntl],
  [#include <fcntl.h>],
  [struct flock range = {0}; return fcntl(0, F_GETLK, &range) + F_WRLCK;])
CAROM_FEATURE([HAVE_SEM_CLOCKWAIT], [sem-clockwait], [POSIX semaphores with a timeout of any clock],
  [#include <semaphore.h>
   #include <time.h>],
  [sem_t *s = 0; struct timespec t = {0, 0}; return sem_clockwait(s, CLOCK_MONOTONIC, &t);])
CAROM_FEATURE([HAVE_MUTEX_CLOCKLOCK], [mutex-clocklock], [mutexes with a timeout of any clock],
  [#include <pthread.h>
   #include <time.h>],
  [pthread_mutex_t *m = 0; struct timespec t = {0, 0}; return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &t);])

AH_BOTTOM([/* Every feature, for carom_features(): X(name, value, option, meaning). */
#define CAROM_FEATURES_TABLE(X)]m4_defn([carom_features_table]))
])

# CAROM_FD_TRANSFER
# -----------------
# Windows passes handles by DuplicateHandle, Unix descriptors by SCM_RIGHTS;
# APR alone does neither.
AC_DEFUN([CAROM_FD_TRANSFER], [
carom_fd_transfer=no
AS_IF([test "$enable_native" = no], [],
  [test "$carom_platform" = windows], [carom_fd_transfer=yes],
  [AC_LINK_IFELSE([AC_LANG_PROGRAM([[
     #include <sys/types.h>
     #include <sys/socket.h>
     #include <sys/uio.h>]], [[
     struct msghdr m = {0}; char room[CMSG_SPACE(sizeof(int))];
     struct cmsghdr *c; m.msg_control = room; m.msg_controllen = sizeof room;
     c = CMSG_FIRSTHDR(&m); c->cmsg_len = CMSG_LEN(sizeof(int));
     c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS;
     return (int) sendmsg(0, &m, 0);]])],
    [carom_fd_transfer=yes])])
])
