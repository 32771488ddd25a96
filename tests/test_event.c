/* Events. */

#include "shares.h"
