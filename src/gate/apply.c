/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator applies is in the zone's file before it is anywhere else. */
#include <errno.h>
#include <string.h>

#include "base/replace.h"
#include "base/seccomp.h"
#include "gate/work.h"

static void write_in_pool(uv_work_t *work)
{
	bns_seccomp_thread(BNS_SECCOMP_POOL);
	struct bns_job *job = work->data;
	job->pool_error = bns_replace_text(job->write_path, job->file_text);
	job->write_errno = errno;
}

static void after_write(uv_work_t *work, int status)
{
	struct bns_job *job = work->data;
	if (status == UV_ECANCELED)
		bns_job_end(job, BNS_OUTCOME_FAILED, "the server is going away");
	else if (job->pool_error)
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s can't be written: %s; nothing was changed", job->write_path,
			    strerror(job->write_errno));
	else
		job->then(job);
}

void bns_apply_write(struct bns_job *job, void (*then)(struct bns_job *job))
{
	if (!job->file_text) {
		then(job);
		return;
	}
	job->then = then;
	job->write_path = strdup(job->zone->conf->file ? job->zone->conf->file : "");
	if (!job->write_path || uv_queue_work(job->gate->loop, &job->work, write_in_pool, after_write))
		bns_job_end(job, BNS_OUTCOME_FAILED, "%s", bns_strerror(BNS_ENOMEM));
}
