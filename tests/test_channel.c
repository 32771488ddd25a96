#include <carom-harness.h>
