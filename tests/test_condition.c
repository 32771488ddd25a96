/* Conditions. */

#include "shares.h"
