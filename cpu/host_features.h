/*
 * What the host can execute of the instructions that are executed by the host.
 */
#ifndef CPU_HOST_FEATURES_H
#define CPU_HOST_FEATURES_H

#include "cpu/insn.h"

/* Bit n: Feature n can be offered to a guest. Features that need nothing of the host count as
 * executable. */
FeatureSet host_features(void);

#endif
