/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *lb_take_line(char **text)
{
	char *line = *text, *end = line ? strchr(line, '\n') : NULL;

	*text = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return line && *line ? line : NULL;
}

bool lb_take_number(char **text, long long *number)
{
	char *end;

	errno = 0;
	*number = strtoll(*text, &end, 10);
	if (end == *text || errno)
		return false;
	*text = end + strspn(end, " ");
	return true;
}
