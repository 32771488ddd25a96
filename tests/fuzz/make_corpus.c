/* Writes the seed corpus of fuzz_value: one small encoded value a file, and a few that must be refused.
 *
 *     make_corpus tests/fuzz/corpus/value
 *
 * The same files every time; the folder must exist.  Run it again when the wire form changes. */

#include <carom.h>

#include "corpus.h"

#include <string.h>

/* Takes the value over. */
static void write_value(const char *name, carom_value_t value)
{
    void *bytes;
    size_t length;

    insist(carom_value_encode(&bytes, &length, value, NULL, NULL) == CAROM_OK, name);
    write_bytes(name, bytes, length);
    carom_free(bytes);
    carom_value_clear(&value);
}

static carom_value_t decimal(const char *digits)
{
    carom_value_t value;

    insist(carom_value_from_decimal(&value, digits) == CAROM_OK, digits);
    return value;
}

static carom_value_t made(carom_status_t (*make)(carom_value_t *))
{
    carom_value_t value;

    insist(make(&value) == CAROM_OK, "out of memory");
    return value;
}

static void append(carom_value_t *container, carom_value_t item)
{
    insist(carom_value_append(container, &item) == CAROM_OK, "append");
}

static void put(carom_value_t *dict, carom_value_t key, carom_value_t item)
{
    insist(carom_value_put(dict, &key, &item) == CAROM_OK, "put");
}

static void write_numbers(void)
{
    write_value("none", carom_value_none());
    write_value("true", carom_value_from_bool(1));
    write_value("false", carom_value_from_bool(0));
    write_value("int-0", carom_value_from_int(0));
    write_value("int-300", carom_value_from_int(300));
    write_value("int-least", carom_value_from_int(INT64_MIN));
    write_value("int-most", carom_value_from_int(INT64_MAX));
    write_value("bigint", decimal("9223372036854775808"));
    write_value("bigint-negative", decimal("-9223372036854775809"));
    write_value("bigint-long", decimal("123456789012345678901234567890123456789012345678901234567890"));
    write_value("float", carom_value_from_float(1.5));
    write_value("complex", carom_value_from_complex(1e300, -0.0));
}

static void write_strings(void)
{
    write_value("bytes", carom_value_borrow_bytes("a\0\xFF", 3));
    write_value("bytes-empty", carom_value_borrow_bytes("", 0));
    write_value("text", carom_value_borrow_text("text \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"));
    write_value("text-ascii", carom_value_borrow_text("more than eight bytes of ASCII"));
}

/* One of each of what can be a key. */
static void fill(carom_value_t *container)
{
    carom_value_t tuple = made(carom_value_tuple), frozenset = made(carom_value_frozenset);

    append(&tuple, carom_value_from_int(1));
    append(&tuple, made(carom_value_tuple));
    append(&frozenset, carom_value_borrow_text("a"));
    append(&frozenset, carom_value_borrow_bytes("a", 1));
    append(container, tuple);
    append(container, frozenset);
    append(container, carom_value_none());
    append(container, carom_value_from_bool(1));
    append(container, carom_value_from_int(1));
    append(container, carom_value_from_float(1));
    append(container, decimal("10000000000000000000"));
    append(container, carom_value_from_complex(1, 0));
    append(container, carom_value_borrow_text("1"));
}

static void write_containers(void)
{
    static const struct {
        const char *name;
        carom_status_t (*make)(carom_value_t *);
    } kinds[] = {{"list", carom_value_list}, {"tuple", carom_value_tuple}, {"set", carom_value_set},
                 {"frozenset", carom_value_frozenset}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        carom_value_t container = made(kinds[i].make);
        char name[40];
        snprintf(name, sizeof name, "%s-empty", kinds[i].name);
        write_value(name, made(kinds[i].make));
        fill(&container);
        write_value(kinds[i].name, container);
    }
}

static void write_dicts(void)
{
    carom_value_t dict = made(carom_value_dict), inner = made(carom_value_dict), deep = made(carom_value_list);

    for (int i = 0; i < 12; i++)
        put(&inner, carom_value_from_int(i), carom_value_from_int(i * i));
    put(&dict, carom_value_borrow_text("name"), carom_value_borrow_text("value"));
    put(&dict, carom_value_borrow_text("inner"), inner);
    write_value("dict", dict);
    write_value("dict-empty", made(carom_value_dict));
    for (int i = 1; i < CAROM_DEPTH_MAX; i++) {
        carom_value_t outer = made(carom_value_list);
        append(&outer, deep);
        deep = outer;
    }
    write_value("deep", deep);
}

static void write_refused(void)
{
    unsigned char deep[200];

    write_bytes("refused-version", "\2\0", 2);
    write_bytes("refused-claim", "\1\x0a\xc0\x84\x3d\0\0", 7);
    write_bytes("refused-key-twice", "\1\x0c\2\3\2\0\3\2\0", 9);
    write_bytes("refused-no-key", "\1\x0d\1\x0a\0", 5);
    write_bytes("refused-text", "\1\x09\1\xff", 4);
    write_bytes("refused-long-int", "\1\3\x80\0", 4);
    write_bytes("refused-handle", "\1\x0a\1\x0f\0", 5);
    deep[0] = 1;
    for (size_t i = 1; i < sizeof deep - 1; i += 2) {
        deep[i] = 0x0b;
        deep[i + 1] = 1;
    }
    deep[sizeof deep - 1] = 0;
    write_bytes("refused-deep", deep, sizeof deep);
}

int main(int argc, char **argv)
{
    insist(argc == 2, "usage: make_corpus FOLDER");
    folder = argv[1];
    write_numbers();
    write_strings();
    write_containers();
    write_dicts();
    write_refused();
    return 0;
}
