/*
 * Where capstone and this decoder use other words for the same thing: mnemonics, and operands that
 * one of them leaves out, turns round, or measures otherwise.
 */
#ifndef TESTS_DECODER_NAMES_H
#define TESTS_DECODER_NAMES_H

#include "tests/decoder/spell.h"

/* Is capstone's mnemonic, prefixes stripped, a name of our instruction? */
bool names_agree(const char *ours, const char *theirs);

/* Do the tables have an instruction of capstone's name at all? */
bool name_is_known(const cs_insn *theirs);

/* capstone's mnemonic without "rep ", "lock ", "data16 " and the like. */
const char *bare_mnemonic(const char *text);

/* May change the lists: what differs in words only is made equal. */
bool operands_agree(const char *ours, const char *theirs, SpelledList *our_list,
                    SpelledList *their_list);

#endif
