/* SPDX-License-Identifier: BSD-3-Clause */
/* A shared object that is no plugin. */
int bns_plugin_is_not_here(void);

int bns_plugin_is_not_here(void)
{
	return 0;
}
