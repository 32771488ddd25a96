/* carom-worker: runs entries of shared objects for programs whose main did not call carom_init. */

#include <carom.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    carom_init(&argc, &argv);
    fprintf(stderr, "carom-worker %s is started by programs that use carom, not by hand; see carom-worker(1)\n", carom_version());
    return 2;
}
