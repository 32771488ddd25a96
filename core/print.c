/* Values as text for people, and the places of errors in them. */

#include "core/utf8.h"
#include "core/value.h"
#include "core/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal takes time in the square of the length; longer bigints are shown in hexadecimal. */
#define DECIMAL_BYTES_MAX 512

typedef struct printer_t {
    char *buffer;
    size_t length, room;     /* room: without the ending 0 */
    int cut;                 /* something did not fit; nothing is added any more */
} printer_t;

static void print_value(printer_t *printer, const carom_value_t *value);

const char *carom_type_name(carom_type_t type)
{
    static const char *const names[] = {"none",      "bool",       "int",  "bigint", "float",     "complex", "bytes",
                                        "text",      "list",       "tuple", "dict",  "set",       "frozenset",
                                        "connection", "file",      "lock", "semaphore", "event",  "condition", "barrier",
                                        "queue",     "array",      "heap"};

    return (size_t) type < sizeof names / sizeof names[0] ? names[type] : "unknown";
}

/* ---- pieces ---- */

static void put(printer_t *printer, const char *bytes, size_t length)
{
    size_t left = printer->room - printer->length;

    if (printer->cut)
        return;
    if (length > left) {
        printer->cut = 1;
        length = left;
    }
    memcpy(printer->buffer + printer->length, bytes, length);
    printer->length += length;
}

static void put_text(printer_t *printer, const char *text)
{
    put(printer, text, strlen(text));
}

static void put_byte_escaped(printer_t *printer, unsigned char byte)
{
    char text[8];

    put(printer, text, (size_t) snprintf(text, sizeof text, "\\x%02x", byte));
}

/* What breaks a line or moves a terminal's cursor is escaped, and so is what ends the string. */
static void put_character(printer_t *printer, const unsigned char *at, size_t length, uint32_t code)
{
    static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt";
    const char *found = code != 0 && code < 0x80 ? strchr(plain, (int) code) : NULL;
    char text[12];

    if (found != NULL)
        put(printer, text, (size_t) snprintf(text, sizeof text, "\\%c", letters[found - plain]));
    else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029)
        put(printer, text, (size_t) snprintf(text, sizeof text, "\\u%04x", (unsigned) code));
    else
        put(printer, (const char *) at, length);
}

/* Borrowed text may be anything. */
static void print_text(printer_t *printer, const carom_value_t *value)
{
    const unsigned char *at = value->u.data;
    size_t left = value->length;

    put_text(printer, "\"");
    while (left > 0 && !printer->cut) {
        uint32_t code;
        size_t step = carom__utf8_next(at, left, &code);
        if (step == 0)
            put_byte_escaped(printer, *at);
        else
            put_character(printer, at, step, code);
        at += step == 0 ? 1 : step;
        left -= step == 0 ? 1 : step;
    }
    put_text(printer, "\"");
}

static void print_bytes(printer_t *printer, const carom_value_t *value)
{
    const unsigned char *at = value->u.data;

    put_text(printer, "b\"");
    for (size_t i = 0; i < value->length && !printer->cut; i++)
        if (at[i] >= 0x7F || (at[i] < 0x20 && strchr("\n\r\t", at[i]) == NULL) || at[i] == 0)
            put_byte_escaped(printer, at[i]);
        else
            put_character(printer, at + i, 1, at[i]);
    put_text(printer, "\"");
}

/* ---- numbers ---- */

/* The locale of the program may write a number's point in another way, and in more than one byte. */
static void put_with_point(printer_t *printer, const char *text)
{
    static const char ours[] = "0123456789+-e";
    size_t before = strspn(text, ours), foreign = strcspn(text + before, ours);

    put(printer, text, before);
    if (foreign > 0 || strchr(text, 'e') == NULL)
        put_text(printer, ".");
    if (foreign == 0 && strchr(text, 'e') == NULL)
        put_text(printer, "0");
    put_text(printer, text + before + foreign);
}

/* 15 digits, or as many more as it takes to read the same number again. */
static void print_float(printer_t *printer, double number)
{
    char text[40];

    if (number != number || number - number != 0) {
        put_text(printer, number != number ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    put_with_point(printer, text);
}

static void print_complex(printer_t *printer, const carom_value_t *value)
{
    char first[40], *at = first;
    printer_t imaginary = {first, 0, sizeof first - 1, 0};

    print_float(&imaginary, value->u.number[1]);
    first[imaginary.length] = 0;
    put_text(printer, "(");
    print_float(printer, value->u.number[0]);
    put_text(printer, *at == '-' ? "" : "+");
    put_text(printer, at);
    put_text(printer, "j)");
}

static void print_hexadecimal(printer_t *printer, const carom_value_t *value)
{
    const unsigned char *magnitude = value->u.data;
    char text[8];

    put_text(printer, value->flags & CAROM__NEGATIVE ? "-0x" : "0x");
    for (size_t i = value->length; i-- > 0 && !printer->cut;)
        put(printer, text, (size_t) snprintf(text, sizeof text, i + 1 == value->length ? "%x" : "%02x", magnitude[i]));
}

static void print_bigint(printer_t *printer, const carom_value_t *value)
{
    uint32_t limbs[DECIMAL_BYTES_MAX / 4];
    char text[DECIMAL_BYTES_MAX / 2 * 5 + 1];

    if (value->length > DECIMAL_BYTES_MAX) {
        print_hexadecimal(printer, value);
        return;
    }
    size_t length = carom__bigint_digits(text, sizeof text, value, limbs);
    put(printer, text + sizeof text - length, length);
}

static void print_integer(printer_t *printer, const char *before, int64_t integer, const char *after)
{
    char text[48];

    put(printer, text, (size_t) snprintf(text, sizeof text, "%s%" PRId64 "%s", before, integer, after));
}

/* ---- containers ---- */

static const char *opening(const carom_value_t *value)
{
    int empty = value->u.container->count == 0;

    switch ((carom_type_t) value->type) {
    case CAROM_LIST:
        return "[";
    case CAROM_TUPLE:
        return "(";
    case CAROM_DICT:
        return "{";
    case CAROM_SET:
        return empty ? "set(" : "{";
    default:
        return empty ? "frozenset(" : "frozenset({";
    }
}

static const char *closing(const carom_value_t *value)
{
    uint32_t count = value->u.container->count;

    switch ((carom_type_t) value->type) {
    case CAROM_LIST:
        return "]";
    case CAROM_TUPLE:
        return count == 1 ? ",)" : ")";
    case CAROM_DICT:
        return "}";
    case CAROM_SET:
        return count == 0 ? ")" : "}";
    default:
        return count == 0 ? ")" : "})";
    }
}

static void print_container(printer_t *printer, const carom_value_t *value)
{
    const struct carom__container_t *container = value->u.container;

    put_text(printer, opening(value));
    for (uint32_t i = 0; i < container->count && !printer->cut; i++) {
        const carom_value_t *entry = &container->items[i * container->width];
        put_text(printer, i == 0 ? "" : ", ");
        print_value(printer, entry);
        if (container->width == 2) {
            put_text(printer, ": ");
            print_value(printer, entry + 1);
        }
    }
    put_text(printer, closing(value));
}

/* ---- all of it ---- */

static void print_value(printer_t *printer, const carom_value_t *value)
{
    switch ((carom_type_t) value->type) {
    case CAROM_NONE:
        put_text(printer, "none");
        break;
    case CAROM_BOOL:
        put_text(printer, value->u.integer ? "true" : "false");
        break;
    case CAROM_INT:
        print_integer(printer, "", value->u.integer, "");
        break;
    case CAROM_BIGINT:
        print_bigint(printer, value);
        break;
    case CAROM_FLOAT:
        print_float(printer, value->u.number[0]);
        break;
    case CAROM_COMPLEX:
        print_complex(printer, value);
        break;
    case CAROM_BYTES:
        print_bytes(printer, value);
        break;
    case CAROM_TEXT:
        print_text(printer, value);
        break;
    case CAROM_CONNECTION:
    case CAROM_LOCK:
    case CAROM_SEMAPHORE:
    case CAROM_EVENT:
    case CAROM_CONDITION:
    case CAROM_BARRIER:
    case CAROM_QUEUE:
    case CAROM_ARRAY:
    case CAROM_HEAP:
        put_text(printer, "<");
        put_text(printer, carom_type_name((carom_type_t) value->type));
        put_text(printer, ">");
        break;
    case CAROM_FILE:
        print_integer(printer, "<file ", value->u.integer, ">");
        break;
    default:
        print_container(printer, value);
    }
}

/* Puts "..." over the last three bytes, or over a whole character that begins before them. */
static void end_cut(printer_t *printer)
{
    size_t dots = printer->room < 3 ? printer->room : 3, at = printer->room - dots;

    while (at > 0 && ((unsigned char) printer->buffer[at] & 0xC0) == 0x80)
        at--;
    memcpy(printer->buffer + at, "...", dots);
    printer->length = at + dots;
}

const char *carom_value_print(char *buffer, size_t size, carom_value_t value)
{
    printer_t printer = {buffer, 0, size - 1, 0};

    print_value(&printer, &value);
    if (printer.cut)
        end_cut(&printer);
    buffer[printer.length] = 0;
    return buffer;
}

/* ---- places ---- */

/* One step of a place: [2] for the third item, ["x"] for the item of a dict, {2} for a dict's third key itself. */
static size_t print_step(char *text, size_t size, const carom__step_t *step)
{
    printer_t printer = {text, 0, size, 0};
    char key[64];

    if (step->key == NULL) {
        print_integer(&printer, step->at_key ? "{" : "[", step->index, step->at_key ? "}" : "]");
        return printer.length;
    }
    put_text(&printer, "[");
    put_text(&printer, carom_value_print(key, sizeof key, *step->key));
    put_text(&printer, "]");
    return printer.length;
}

/* From the innermost step outwards, which are what matters when there is no room for all. */
static void print_place(char *place, size_t size, const carom__path_t *path)
{
    size_t at = size - 1;

    place[at] = 0;
    for (uint32_t i = path->depth; i-- > 0;) {
        char text[80];
        size_t length = print_step(text, sizeof text, &path->steps[i]), dots = i > 0 ? 3 : 0;
        if (length + dots > at) {
            at -= 3;
            memcpy(place + at, "...", 3);
            break;
        }
        at -= length;
        memcpy(place + at, text, length);
    }
    memmove(place, place + at, size - at);
}

void carom__error_fill(carom_value_error_t *error, carom_status_t status, const carom__path_t *path)
{
    if (error == NULL)
        return;
    error->status = status;
    error->place[0] = 0;
    if (status != CAROM_OK)
        print_place(error->place, sizeof error->place, path);
}
