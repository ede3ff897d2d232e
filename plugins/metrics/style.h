/* SPDX-License-Identifier: BSD-3-Clause */
/* How the status page looks, by day and by night, wide and narrow; its contrasts are at least 4.5:1. */
#ifndef METRICS_STYLE_H
#define METRICS_STYLE_H

extern const char mt_style[];

#endif
