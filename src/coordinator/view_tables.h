/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a view: records of the state decoded, Marbles compiled. Used by view.c only. */
#ifndef MR_COORDINATOR_VIEW_TABLES_H
#define MR_COORDINATOR_VIEW_TABLES_H

#include "coordinator/view.h"

MR_MUST_USE mr_result mr_view_read_tables(struct mr_view *view, struct mr_error *err);

#endif
