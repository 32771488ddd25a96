/* The index of one file: made in a worker, searched by the program.
 *
 * An index is a string of bytes, read on the machine that made it:
 *
 *     count                 uint32: different words
 *     offset                uint32 for each: where its record begins
 *     records               in the order of the words: length, the word, number of lines, first line, distance to the next, …
 *
 * The numbers in records are varints: 7 bits a byte, least first.  Searching for a prefix is a binary search. */

#include "indexer.h"

#include <stdlib.h>
#include <string.h>

#define VARINT_MAX 5           /* bytes */

/* ---- memory that grows ---- */

typedef struct buffer_t {
    void *data;
    size_t size;
} buffer_t;

static int reserve(buffer_t *buffer, size_t size)
{
    size_t larger = buffer->size + buffer->size / 2;
    void *data;

    if (size <= buffer->size)
        return 1;
    if (larger < size)
        larger = size;
    data = realloc(buffer->data, larger);
    if (data == NULL)
        return 0;
    buffer->data = data;
    buffer->size = larger;
    return 1;
}

/* ---- the words of a text ---- */

typedef struct word_t {
    const unsigned char *text;     /* in the file's text */
    uint32_t length, hash;
    uint32_t number;               /* in the order of their coming */
    uint32_t last_line, lines;
} word_t;

/* A word is on a line. */
typedef struct place_t {
    uint32_t word, line;
} place_t;

struct maker_t {
    const unsigned char *text;
    size_t length;
    uint32_t word_count, place_count, table_size;

    buffer_t words, places, table;
    buffer_t next, lines;          /* when the words are in order */
    buffer_t index;
};

maker_t *maker_create(void)
{
    return calloc(1, sizeof(maker_t));
}

void maker_destroy(maker_t **maker)
{
    maker_t *self = *maker;

    if (self == NULL)
        return;
    *maker = NULL;
    free(self->words.data);
    free(self->places.data);
    free(self->table.data);
    free(self->next.data);
    free(self->lines.data);
    free(self->index.data);
    free(self);
}

/* The table has the numbers of words + 1, 0 where there is none; its size is a power of two. */
static int empty_table(maker_t *maker, uint32_t size)
{
    if (!reserve(&maker->table, size * sizeof(uint32_t)))
        return 0;
    memset(maker->table.data, 0, size * sizeof(uint32_t));
    maker->table_size = size;
    return 1;
}

static uint32_t *find_slot(const maker_t *maker, const unsigned char *text, uint32_t length, uint32_t hash)
{
    const word_t *words = maker->words.data, *word;
    uint32_t *table = maker->table.data, mask = maker->table_size - 1, i;

    for (i = hash & mask; table[i] != 0; i = (i + 1) & mask) {
        word = &words[table[i] - 1];
        if (word->hash == hash && word->length == length && memcmp(word->text, text, length) == 0)
            break;
    }
    return &table[i];
}

static int grow_table(maker_t *maker)
{
    const word_t *words = maker->words.data;
    uint32_t i;

    if (!empty_table(maker, 2 * maker->table_size))
        return 0;
    for (i = 0; i < maker->word_count; i++)
        *find_slot(maker, words[i].text, words[i].length, words[i].hash) = i + 1;
    return 1;
}

static uint32_t hash_of(const unsigned char *text, uint32_t length)
{
    uint32_t hash = 2166136261u, i;

    for (i = 0; i < length; i++)
        hash = (hash ^ text[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static word_t *new_word(maker_t *maker, const unsigned char *text, uint32_t length, uint32_t hash)
{
    word_t *word;

    if (!reserve(&maker->words, (maker->word_count + (size_t) 1) * sizeof *word))
        return NULL;
    word = (word_t *) maker->words.data + maker->word_count;
    word->text = text;
    word->length = length;
    word->hash = hash;
    word->number = maker->word_count++;
    word->last_line = word->lines = 0;
    return word;
}

static word_t *find_word(maker_t *maker, const unsigned char *text, uint32_t length)
{
    uint32_t hash = hash_of(text, length), *slot;
    word_t *word;

    if (maker->word_count >= maker->table_size / 2 && !grow_table(maker))
        return NULL;
    slot = find_slot(maker, text, length, hash);
    if (*slot != 0)
        return (word_t *) maker->words.data + *slot - 1;
    word = new_word(maker, text, length, hash);
    if (word != NULL)
        *slot = maker->word_count;
    return word;
}

/* Once a line, however often it is there. */
static int add_word(maker_t *maker, const unsigned char *text, size_t length, uint32_t line)
{
    word_t *word = find_word(maker, text, (uint32_t) length);
    place_t *place;

    if (word == NULL || !reserve(&maker->places, (maker->place_count + (size_t) 1) * sizeof *place))
        return 0;
    if (word->last_line == line)
        return 1;
    word->last_line = line;
    word->lines++;
    place = (place_t *) maker->places.data + maker->place_count++;
    place->word = word->number;
    place->line = line;
    return 1;
}

/* ---- finding words ---- */

static int is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int is_ascii_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Everything above ASCII belongs to a word, so that words in UTF-8 stay whole. */
static int is_of_word(unsigned char c)
{
    return c >= 0x80 || is_ascii_letter(c) || (c >= '0' && c <= '9');
}

static int begins_tag(const unsigned char *at, const unsigned char *end)
{
    return end - at > 1 && at[0] == '<' && (is_ascii_letter(at[1]) || at[1] == '/' || at[1] == '!' || at[1] == '?');
}

/* Behind the tag or comment, however many lines it has. */
static const unsigned char *skip_tag(const unsigned char *at, const unsigned char *end, uint32_t *line)
{
    int comment = end - at > 3 && memcmp(at, "<!--", 4) == 0;

    for (at += comment ? 4 : 1; at < end; at++) {
        *line += *at == '\n';
        if (*at == '>' && (!comment || memcmp(at - 2, "--", 2) == 0))
            return at + 1;
    }
    return end;
}

/* Of what stands between blanks (or tags) the first run of letters and digits is the word. */
static int find_words(maker_t *maker, int is_html)
{
    const unsigned char *at = maker->text, *end = at + maker->length, *word;
    uint32_t line = 1;
    int found = 0;

    while (at < end) {
        if (is_blank(*at)) {
            line += *at++ == '\n';
            found = 0;
        } else if (is_html && begins_tag(at, end)) {
            at = skip_tag(at, end, &line);
            found = 0;
        } else if (is_of_word(*at)) {
            for (word = at; at < end && is_of_word(*at);)
                at++;
            if (!found && !add_word(maker, word, (size_t) (at - word), line))
                return 0;
            found = 1;
        } else {
            at++;
        }
    }
    return 1;
}

/* ---- writing the index ---- */

static int compare(const void *one, size_t length, const void *other, size_t other_length)
{
    int order = memcmp(one, other, length < other_length ? length : other_length);

    return order != 0 ? order : (length > other_length) - (length < other_length);
}

static int by_text(const void *one, const void *other)
{
    const word_t *a = one, *b = other;

    return compare(a->text, a->length, b->text, b->length);
}

/* The lines of all words, in the order of the words.  Afterwards next[number] is the end of a word's lines. */
static int order_lines(maker_t *maker)
{
    const word_t *words = maker->words.data;
    const place_t *places = maker->places.data;
    uint32_t *next, *lines, start = 0, i;

    if (!reserve(&maker->next, maker->word_count * sizeof *next) || !reserve(&maker->lines, maker->place_count * sizeof *lines))
        return 0;
    next = maker->next.data;
    lines = maker->lines.data;
    for (i = 0; i < maker->word_count; start += words[i++].lines)
        next[words[i].number] = start;
    for (i = 0; i < maker->place_count; i++)
        lines[next[places[i].word]++] = places[i].line;
    return 1;
}

static unsigned char *put_number(unsigned char *to, uint32_t number)
{
    for (; number >= 0x80; number >>= 7)
        *to++ = (unsigned char) (number | 0x80);
    *to++ = (unsigned char) number;
    return to;
}

static unsigned char *put_word(unsigned char *to, const word_t *word, const uint32_t *lines)
{
    uint32_t before = 0, i;

    to = put_number(to, word->length);
    memcpy(to, word->text, word->length);
    to = put_number(to + word->length, word->lines);
    for (i = 0; i < word->lines; i++) {
        to = put_number(to, lines[i] - before);
        before = lines[i];
    }
    return to;
}

/* More than the index can need. */
static size_t room_for(const maker_t *maker)
{
    const word_t *words = maker->words.data;
    size_t room = sizeof(uint32_t), i;

    for (i = 0; i < maker->word_count; i++)
        room += sizeof(uint32_t) + 2 * VARINT_MAX + words[i].length;
    return room + VARINT_MAX * (size_t) maker->place_count;
}

static size_t write_index(maker_t *maker)
{
    const word_t *words = maker->words.data;
    const uint32_t *lines = maker->lines.data, *next = maker->next.data;
    unsigned char *start = maker->index.data, *to = start + (maker->word_count + (size_t) 1) * sizeof(uint32_t);
    uint32_t offset, i;

    memcpy(start, &maker->word_count, sizeof maker->word_count);
    for (i = 0; i < maker->word_count; i++) {
        offset = (uint32_t) (to - start);
        memcpy(start + (i + (size_t) 1) * sizeof offset, &offset, sizeof offset);
        to = put_word(to, &words[i], lines + next[words[i].number] - words[i].lines);
    }
    return (size_t) (to - start);
}

size_t index_make(const void **index, maker_t *maker, const void *text, size_t length, int is_html)
{
    maker->text = text;
    maker->length = length;
    maker->word_count = maker->place_count = 0;
    if (!empty_table(maker, length < 4096 ? 256 : 4096) || !find_words(maker, is_html))
        return 0;
    if (maker->word_count > 0)
        qsort(maker->words.data, maker->word_count, sizeof(word_t), by_text);
    if (!order_lines(maker) || !reserve(&maker->index, room_for(maker)))
        return 0;
    *index = maker->index.data;
    return write_index(maker);
}

/* ---- searching ---- */

static const unsigned char *get_number(const unsigned char *from, uint32_t *number)
{
    int shift = 0;

    for (*number = 0; *from >= 0x80; shift += 7)
        *number |= (uint32_t) (*from++ & 0x7f) << shift;
    *number |= (uint32_t) *from++ << shift;
    return from;
}

size_t index_words(const file_t *file)
{
    uint32_t count = 0;

    if (file->fate == FATE_INDEXED)
        memcpy(&count, carom_value_bytes(file->index), sizeof count);
    return count;
}

/* The record of a word, behind its length. */
static const unsigned char *record_at(const unsigned char *index, size_t i, uint32_t *length)
{
    uint32_t offset;

    memcpy(&offset, index + (i + 1) * sizeof offset, sizeof offset);
    return get_number(index + offset, length);
}

/* The first word that is not before the prefix. */
static size_t find_first(const unsigned char *index, size_t count, const char *prefix, size_t prefix_length)
{
    const unsigned char *word;
    size_t low = 0, high = count, middle;
    uint32_t length;

    while (low < high) {
        middle = low + (high - low) / 2;
        word = record_at(index, middle, &length);
        if (compare(word, length, prefix, prefix_length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int add_hits(hits_t *hits, const unsigned char *word, uint32_t length)
{
    const unsigned char *at;
    hit_t *larger;
    uint32_t lines, distance, line = 0;
    size_t capacity;

    for (at = get_number(word + length, &lines); lines > 0; lines--) {
        if (hits->count == hits->capacity) {
            capacity = hits->capacity ? 2 * hits->capacity : 256;
            larger = realloc(hits->all, capacity * sizeof *larger);
            if (larger == NULL)
                return 0;
            hits->all = larger;
            hits->capacity = capacity;
        }
        at = get_number(at, &distance);
        line += distance;
        hits->all[hits->count++] = (hit_t) {line, length, (const char *) word};
    }
    return 1;
}

static int by_line(const void *one, const void *other)
{
    const hit_t *a = one, *b = other;

    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return compare(a->word, a->length, b->word, b->length);
}

int index_search(hits_t *hits, const file_t *file, const char *prefix, size_t prefix_length)
{
    const unsigned char *index = carom_value_bytes(file->index), *word;
    size_t count = index_words(file), i;
    uint32_t length;

    hits->count = 0;
    for (i = find_first(index, count, prefix, prefix_length); i < count; i++) {
        word = record_at(index, i, &length);
        if (length < prefix_length || memcmp(word, prefix, prefix_length) != 0)
            break;
        if (!add_hits(hits, word, length))
            return 0;
    }
    if (hits->count > 1)
        qsort(hits->all, hits->count, sizeof *hits->all, by_line);
    return 1;
}
