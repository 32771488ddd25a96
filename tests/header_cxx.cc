// The public interface from C++: entries, calls of any arguments, and the types that templates must tell apart.

#include <carom.h>

#include <cstdio>
#include <cstring>

CAROM_TASK(cxx_sum)
{
    double sum = 0;

    for (size_t i = 0; i < carom_arg_count(call); i++)
        sum += carom_value_float(carom_arg(call, i));
    return carom_return(call, sum);
}

CAROM_TASK(cxx_kinds)
{
    const carom_type_t wanted[] = {CAROM_BOOL, CAROM_INT, CAROM_INT, CAROM_FLOAT, CAROM_TEXT, CAROM_NONE};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (carom_value_type(carom_arg(call, i)) != wanted[i])
            return carom_fail(call, CAROM_ETYPE, "argument %zu", i);
    return 0;
}

static int run(const char *mode, carom_request_t request, double wanted)
{
    carom_context_t *context;
    carom_process_t *child;
    carom_value_t result;
    int good;

    if (carom_context_create(&context, mode) != CAROM_OK || carom_process_start(&child, context, request) != CAROM_OK)
        return 1;
    if (carom_process_join(child, carom_seconds(20)) != CAROM_OK)
        return 2;
    good = carom_process_exit_code(child) == 0;
    if (carom_process_result(&result, child) == CAROM_OK) {
        good = good && carom_value_float(result) == wanted;
        carom_value_clear(&result);
    }
    carom_process_destroy(&child);
    carom_context_destroy(&context);
    return good ? 0 : 3;
}

static int run_all(const char *mode)
{
    char text[] = "text";
    int failed = 0;

    failed |= run(mode, carom_call(cxx_sum), 0);
    failed |= run(mode, carom_call(cxx_sum, 1), 1);
    failed |= run(mode, carom_call(cxx_sum, 1, 2.5, 3u, 4L, static_cast<short>(5)), 15.5);
    failed |= run(mode, carom_call(cxx_kinds, true, 1, static_cast<size_t>(2), 1.5f, text, carom_value_none()), 0);
    return failed;
}

int main(int argc, char **argv)
{
    carom_init(&argc, &argv);
    const int failed = run_all("thread") | run_all("spawn");
    std::printf(failed ? "failed: %d\n" : "ok\n", failed);
    return failed;
}
