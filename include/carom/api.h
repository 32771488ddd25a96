/* What every public header needs: linkage, visibility, version.  Includes nothing of APR. */

#ifndef CAROM_API_H
#define CAROM_API_H

#include <stddef.h>
#include <stdint.h>

/* The version, told once; configure reads it from here. */
#define CAROM_VERSION_MAJOR 0
#define CAROM_VERSION_MINOR 1
#define CAROM_VERSION_PATCH 0
#define CAROM_VERSION_STRING "0.1.0"

#ifdef __cplusplus
#define CAROM_BEGIN extern "C" {
#define CAROM_END }
#else
#define CAROM_BEGIN
#define CAROM_END
#endif

/* CAROM_STATIC is set by `pkg-config --static --cflags carom`; only Windows cares. */
#if defined(_WIN32) && defined(CAROM_BUILD) && defined(CAROM_DLL)
#define CAROM_API __declspec(dllexport)
#elif defined(_WIN32) && !defined(CAROM_BUILD) && !defined(CAROM_STATIC)
#define CAROM_API __declspec(dllimport)
#elif defined(__GNUC__)
#define CAROM_API __attribute__((visibility("default")))
#else
#define CAROM_API
#endif

/* For libcarom-harness, which is static on Windows. */
#if defined(__GNUC__) && !defined(_WIN32)
#define CAROM_EXPORT __attribute__((visibility("default")))
#else
#define CAROM_EXPORT
#endif

#if defined(__GNUC__)
#define CAROM_MUST_CHECK __attribute__((warn_unused_result))
#define CAROM_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#define CAROM_UNUSED __attribute__((unused))
#define CAROM_NORETURN __attribute__((noreturn))
#else
#define CAROM_MUST_CHECK
#define CAROM_PRINTF(text, first)
#define CAROM_UNUSED
#define CAROM_NORETURN
#endif

CAROM_BEGIN

/* An open thing of the system, as the system names it: a file descriptor on Unix, a HANDLE or SOCKET on Windows. */
typedef intptr_t carom_native_t;

#define CAROM_NATIVE_NONE ((carom_native_t) -1)

/* The version of the library that runs, "0.1.0"; compare with CAROM_VERSION_STRING to find a mismatch. */
CAROM_API const char *carom_version(void);

CAROM_END

#endif
