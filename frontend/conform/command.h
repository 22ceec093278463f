/*
 * `vitrine conform`: the subcommand.
 */
#ifndef FRONTEND_CONFORM_COMMAND_H
#define FRONTEND_CONFORM_COMMAND_H

/* argv[0] is "conform". The exit status: 0 when nothing differed in defined state, 1 when something
 * did, 2 when it could not be run. */
int conform_command(int argc, char **argv);

#endif
