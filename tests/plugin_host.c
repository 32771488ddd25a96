/* A program that loads a plugin and has never heard of carom.  Arguments: the plugin's path, and the function to call.  Exits
 * with what that returns. */

#include <apr_dso.h>
#include <apr_general.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    apr_pool_t *pool;
    apr_dso_handle_t *plugin;
    apr_dso_handle_sym_t run;
    char text[300];

    if (argc != 3 || apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 99;
    if (apr_dso_load(&plugin, argv[1], pool) != APR_SUCCESS || apr_dso_sym(&run, plugin, argv[2]) != APR_SUCCESS) {
        fprintf(stderr, "%s\n", apr_dso_error(plugin, text, sizeof text));
        return 98;
    }
    return ((int (*)(void)) run)();
}
