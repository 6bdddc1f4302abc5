package kernel

import "strings"

// Level is an instruction set that the kernels are written for.
type Level int

// The levels, in rising order.
const (
	Portable Level = iota // plain Go
	AVX2                  // AVX2 and FMA, 8 lanes
	AVX512                // AVX-512 F, VL, BW and DQ, 16 lanes
)

// String is the level's name, as New takes it.
func (l Level) String() string {
	switch l {
	case AVX512:
		return "avx512"
	case AVX2:
		return "avx2"
	}
	return "portable"
}

// Extension is a set of instructions on top of a level, which some precisions gain from.
type Extension int

const (
	// VNNI is VPDPWSSD and VPDPBUSD, dot products of integers of 16 and 8 bits: AVX-VNNI on
	// top of AVX2, AVX-512 VNNI on top of AVX-512.
	VNNI Extension = 1 << iota
	// BF16Dot is VDPBF16PS, on top of AVX-512 and VNNI.
	BF16Dot
)

// String is "vnni" or "vnni+bf16"; "" for none.
func (e Extension) String() string {
	switch e {
	case VNNI | BF16Dot:
		return "vnni+bf16"
	case VNNI:
		return "vnni"
	}
	return ""
}

// Levels are the levels that this machine can run, Portable first.
func Levels() []Level { return append([]Level{Portable}, vectorLevels()...) }

// Names lists the names that New takes here: each level that this machine can run, and each with
// its extensions, such as avx512+vnni; the best is the last.
func Names() []string {
	var names []string
	for _, l := range Levels() {
		names = append(names, nameOf(l, 0))
		for _, e := range vectorExtensions(l) {
			names = append(names, nameOf(l, e))
		}
	}
	return names
}

// Known says whether some machine may have the kernel of that name; "" stands for the best.
func Known(name string) bool {
	level, extension, _ := strings.Cut(name, "+")
	if level == "" {
		return name == ""
	}
	for _, l := range []Level{Portable, AVX2, AVX512} {
		if l.String() == level {
			return name == level || extension == VNNI.String() && l != Portable || extension == (VNNI|BF16Dot).String() && l == AVX512
		}
	}
	return false
}

// nameOf is the name of a level with extensions.
func nameOf(l Level, e Extension) string {
	if e == 0 {
		return l.String()
	}
	return l.String() + "+" + e.String()
}
