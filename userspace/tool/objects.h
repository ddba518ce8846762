/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The objects of the grammar "kdipc OBJECT COMMAND", one file each.
 *
 * Each function gets the words after the object's name, carries them out and
 * returns the exit status of the program.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#ifndef KDIPC_TOOL_OBJECTS_H
#define KDIPC_TOOL_OBJECTS_H

int node_main(int argc, char **argv);
int cluster_main(int argc, char **argv);
int segment_main(int argc, char **argv);
int set_main(int argc, char **argv);
int rule_main(int argc, char **argv);
int stat_main(int argc, char **argv);

/* Its first word is its own name, for getopt(3). */
int run_main(int argc, char **argv);

#endif
