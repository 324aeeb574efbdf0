/* SPDX-License-Identifier: MPL-2.0 */
#include "json/text/when.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

bool number_parse(const char *text, unsigned long max, unsigned long *ret, const char **end)
{
    char *stop;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret = strtoul(text, &stop, 10);
    *end = stop;
    return errno == 0 && *ret <= max;
}

const char *time_text(uint64_t seconds, char text[TIME_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm utc;

    text[0] = '\0';
    if (seconds != 0 && gmtime_r(&when, &utc))
        strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

uint64_t when_parse(const char *text, uint64_t now, bool back)
{
    static const struct {
        char unit;
        unsigned long seconds;
    } units[] = {
        {'s', 1    },
        {'m', 60   },
        {'h', 3600 },
        {'d', 86400}
    };
    const char *end;
    unsigned long number;
    struct tm utc = {0};

    if (number_parse(text, 100000000, &number, &end) && end[0] && !end[1])
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            uint64_t seconds = (uint64_t)number * units[i].seconds;
            if (*end == units[i].unit)
                return !back ? now + seconds : seconds < now ? now - seconds : 1;
        }
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (!end || *end)
        return 0;
    const struct tm typed = utc;
    time_t seconds = timegm(&utc); /* makes 3 March of 31 February */
    if (utc.tm_mday != typed.tm_mday || utc.tm_hour != typed.tm_hour || utc.tm_min != typed.tm_min)
        return 0;
    return seconds > 0 ? (uint64_t)seconds : 1; /* before 1970: the earliest time that there is */
}
