/* Semaphores. */

#include "shares.h"
