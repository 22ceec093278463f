/*
 * DSDT of the board: what an operating system cannot find out by probing. The PCI root and how its
 * interrupt pins reach the interrupt controllers, the ISA devices, and how to turn the power off.
 * ACPI Specification 1.0b; devices/acpi_tables.c fills in where PCI memory begins and links it to
 * the other tables.
 *
 * The C preprocessor expands the macros before iasl sees this (roms/roms.mk).
 *
 * SeaBIOS looks for the ids of keyboard, clock, serial ports and so on in here, too, and does not
 * initialize what it does not find.
 */

/* Slot n's pins A-D; as on the PIIX3 board, they rotate so that slot 1's INTA is PIRQA. */
#define SLOT(n, a, b, c, d)                                                          \
    Package() {(n << 16) | 0xFFFF, 0, a, 0}, Package() {(n << 16) | 0xFFFF, 1, b, 0}, \
    Package() {(n << 16) | 0xFFFF, 2, c, 0}, Package() {(n << 16) | 0xFFFF, 3, d, 0}
#define FOUR_SLOTS(n)                                                \
    SLOT(n, LNKD, LNKA, LNKB, LNKC), SLOT((n + 1), LNKA, LNKB, LNKC, LNKD), \
    SLOT((n + 2), LNKB, LNKC, LNKD, LNKA), SLOT((n + 3), LNKC, LNKD, LNKA, LNKB)

/* A PCI interrupt link: `control` is its PIRQ's routing register, 80h = disconnected. */
#define LINK(name, number, control)                                          \
    Device(name)                                                             \
    {                                                                        \
        Name(_HID, EISAID("PNP0C0F"))                                        \
        Name(_UID, number)                                                   \
        Name(_PRS, ResourceTemplate() {                                      \
            Interrupt(ResourceConsumer, Level, ActiveHigh, Shared) {5, 10, 11} \
        })                                                                   \
        Method(_STA, 0) { Return (LSTA(control)) }                           \
        Method(_DIS, 0) { Or(control, 0x80, control) }                       \
        Method(_CRS, 0) { Return (LCRS(control)) }                           \
        Method(_SRS, 1)                                                      \
        {                                                                    \
            CreateDWordField(Arg0, 0x05, WANT)                               \
            Store(WANT, control)                                             \
        }                                                                    \
    }

DefinitionBlock("dsdt.aml", "DSDT", 1, "VITRIN", "VITRDSDT", 1)
{
    Scope(\_SB)
    {
        Device(PCI0)
        {
            Name(_HID, EISAID("PNP0A03"))
            Name(_UID, 0)

            Name(_CRS, ResourceTemplate() {
                WordBusNumber(ResourceProducer, MinFixed, MaxFixed, PosDecode,
                              0, 0, 0xFF, 0, 0x100)
                IO(Decode16, 0xCF8, 0xCF8, 1, 8)
                WordIO(ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                       0, 0x0000, 0x0CF7, 0, 0x0CF8)
                WordIO(ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                       0, 0x0D00, 0xFFFF, 0, 0xF300)
                DWordMemory(ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                            0, 0x000A0000, 0x000BFFFF, 0, 0x00020000)
                /* From the end of RAM: devices/acpi_tables.c looks for these numbers. */
                DWordMemory(ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                            ReadWrite, 0, 0xC0000000, 0xFEBFFFFF, 0, 0x3EC00000)
            })
            Name(_PRT, Package() {
                FOUR_SLOTS(0), FOUR_SLOTS(4), FOUR_SLOTS(8), FOUR_SLOTS(12),
                FOUR_SLOTS(16), FOUR_SLOTS(20), FOUR_SLOTS(24), FOUR_SLOTS(28)
            })

            /* 00:01.3: which ports are fitted. */
            Device(PMFN)
            {
                Name(_ADR, 0x00010003)
                OperationRegion(DRES, PCI_Config, 0x5F, 0x09)
                Field(DRES, ByteAcc, NoLock, Preserve)
                {
                    , 7, LPEN, 1,               /* 5Fh: parallel port */
                    Offset(0x08),
                    , 3, CAEN, 1, , 3, CBEN, 1, /* 67h: serial ports */
                }
            }

            /* 00:01.0: ISA bridge. */
            Device(ISA)
            {
                Name(_ADR, 0x00010000)
                OperationRegion(PIRQ, PCI_Config, 0x60, 0x04)
            }
        }
    }

    Scope(\_SB.PCI0.ISA)
    {
        Device(PIC)
        {
            Name(_HID, EISAID("PNP0000"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x20, 0x20, 0, 2)
                IO(Decode16, 0xA0, 0xA0, 0, 2)
                IO(Decode16, 0x4D0, 0x4D0, 0, 2)
                IRQNoFlags() {2}
            })
        }
        Device(TIMR)
        {
            Name(_HID, EISAID("PNP0100"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x40, 0x40, 0, 4)
                IRQNoFlags() {0}
            })
        }
        Device(DMAC)
        {
            Name(_HID, EISAID("PNP0200"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x00, 0x00, 0, 0x10)
                IO(Decode16, 0x81, 0x81, 0, 0x0F)
                IO(Decode16, 0xC0, 0xC0, 0, 0x20)
                DMA(Compatibility, NotBusMaster, Transfer8_16) {4}
            })
        }
        Device(RTC)
        {
            Name(_HID, EISAID("PNP0B00"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x70, 0x70, 0, 2)
                IRQNoFlags() {8}
            })
        }
        Device(SPKR)
        {
            Name(_HID, EISAID("PNP0800"))
            Name(_CRS, ResourceTemplate() { IO(Decode16, 0x61, 0x61, 0, 1) })
        }
        Device(FPU)
        {
            Name(_HID, EISAID("PNP0C04"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0xF0, 0xF0, 0, 0x10)
                IRQNoFlags() {13}
            })
        }
        Device(KBD)
        {
            Name(_HID, EISAID("PNP0303"))
            Method(_STA, 0) { Return (0x0F) }
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x60, 0x60, 1, 1)
                IO(Decode16, 0x64, 0x64, 1, 1)
                IRQNoFlags() {1}
            })
        }
        Device(MOU)
        {
            Name(_HID, EISAID("PNP0F13"))
            Method(_STA, 0) { Return (0x0F) }
            Name(_CRS, ResourceTemplate() { IRQNoFlags() {12} })
        }
        Device(FDC0)
        {
            Name(_HID, EISAID("PNP0700"))
            Method(_STA, 0) { Return (0x0F) }
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x3F2, 0x3F2, 0, 4)
                IO(Decode16, 0x3F7, 0x3F7, 0, 1)
                IRQNoFlags() {6}
                DMA(Compatibility, NotBusMaster, Transfer8) {2}
            })
        }
        Device(LPT1)
        {
            Name(_HID, EISAID("PNP0400"))
            Method(_STA, 0) { Return (Multiply(^^^PMFN.LPEN, 0x0F)) }
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x378, 0x378, 8, 8)
                IRQNoFlags() {7}
            })
        }
        Device(COM1)
        {
            Name(_HID, EISAID("PNP0501"))
            Name(_UID, 1)
            Method(_STA, 0) { Return (Multiply(^^^PMFN.CAEN, 0x0F)) }
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x3F8, 0x3F8, 0, 8)
                IRQNoFlags() {4}
            })
        }
        Device(COM2)
        {
            Name(_HID, EISAID("PNP0501"))
            Name(_UID, 2)
            Method(_STA, 0) { Return (Multiply(^^^PMFN.CBEN, 0x0F)) }
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x2F8, 0x2F8, 0, 8)
                IRQNoFlags() {3}
            })
        }
        /* Ports of the chipset that nobody else may be given. */
        Device(SYSR)
        {
            Name(_HID, EISAID("PNP0C02"))
            Name(_CRS, ResourceTemplate() {
                IO(Decode16, 0x80, 0x80, 0, 1)
                IO(Decode16, 0x92, 0x92, 0, 1)
                IO(Decode16, 0xB2, 0xB2, 0, 2)
                IO(Decode16, 0x510, 0x510, 0, 0x0C)
                IO(Decode16, 0x600, 0x600, 0, 0x40)
                IO(Decode16, 0x700, 0x700, 0, 0x10)
                IO(Decode16, 0xAFE0, 0xAFE0, 0, 4)
            })
        }
    }

    Scope(\_SB)
    {
        Device(HPET)
        {
            Name(_HID, EISAID("PNP0103"))
            Name(_UID, 0)
            OperationRegion(HREG, SystemMemory, 0xFED00000, 0x400)
            Field(HREG, DWordAcc, Lock, Preserve)
            {
                VEND, 32, PERI, 32,
            }
            Method(_STA, 0)
            {
                ShiftRight(VEND, 16, Local0)
                If (LOr(LEqual(Local0, 0), LEqual(Local0, 0xFFFF))) {
                    Return (0)
                }
                Return (0x0F)
            }
            Name(_CRS, ResourceTemplate() { Memory32Fixed(ReadOnly, 0xFED00000, 0x400) })
        }

        Field(\_SB.PCI0.ISA.PIRQ, ByteAcc, NoLock, Preserve)
        {
            PRQ0, 8, PRQ1, 8, PRQ2, 8, PRQ3, 8,
        }
        /* Status and current setting of a link, from its routing register. */
        Method(LSTA, 1)
        {
            If (And(Arg0, 0x80)) {
                Return (0x09)
            }
            Return (0x0B)
        }
        Method(LCRS, 1, Serialized)
        {
            Name(ROUT, ResourceTemplate() {
                Interrupt(ResourceConsumer, Level, ActiveHigh, Shared) {0}
            })
            CreateDWordField(ROUT, 0x05, NUMB)
            If (LLess(Arg0, 0x80)) {
                Store(Arg0, NUMB)
            }
            Return (ROUT)
        }
        LINK(LNKA, 0, PRQ0)
        LINK(LNKB, 1, PRQ1)
        LINK(LNKC, 2, PRQ2)
        LINK(LNKD, 3, PRQ3)
    }

    Scope(\_PR)
    {
        Processor(CPU0, 0, 0, 0) {}
    }

    /* Soft off is sleep type 0 of the PIIX4. */
    Name(\_S5, Package() {0, 0, 0, 0})
}
