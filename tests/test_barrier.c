/* Barriers. */

#include "shares.h"
