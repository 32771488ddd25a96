/* carom: the same C code run in threads and processes.  This header is all a program needs; link with `pkg-config carom`. */

#ifndef CAROM_H
#define CAROM_H

#include <carom/api.h>
#include <carom/arena.h>
#include <carom/array.h>
#include <carom/barrier.h>
#include <carom/channel.h>
#include <carom/condition.h>
#include <carom/connection.h>
#include <carom/context.h>
#include <carom/entry.h>
#include <carom/event.h>
#include <carom/exchange.h>
#include <carom/features.h>
#include <carom/heap.h>
#include <carom/lock.h>
#include <carom/log.h>
#include <carom/process.h>
#include <carom/queue.h>
#include <carom/semaphore.h>
#include <carom/shareable_list.h>
#include <carom/shared_memory.h>
#include <carom/status.h>
#include <carom/time.h>
#include <carom/value.h>
#include <carom/wait.h>
#include <carom/watch.h>

#endif
