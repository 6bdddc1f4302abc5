package kernel

import (
	"golang.org/x/sys/cpu"
)

// vectorLevels are the levels above Portable that this CPU and its operating system run.
func vectorLevels() (levels []Level) {
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA {
		return nil
	}
	levels = append(levels, AVX2)
	if x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
		levels = append(levels, AVX512)
	}
	return levels
}

var (
	tilesAVX512 = []tile{gemmAVX512x1, gemmAVX512x2, gemmAVX512x3, gemmAVX512x4, gemmAVX512x5, gemmAVX512x6, gemmAVX512x7,
		gemmAVX512x8, gemmAVX512x9, gemmAVX512x10, gemmAVX512x11, gemmAVX512x12, gemmAVX512x13, gemmAVX512x14}
	tilesAVX2     = []tile{gemmAVX2x1, gemmAVX2x2, gemmAVX2x3, gemmAVX2x4, gemmAVX2x5, gemmAVX2x6}
	tilesPortable = []tile{portableTile[float32]}
)

func (l Level) tiles() []tile {
	switch l {
	case AVX512:
		return tilesAVX512
	case AVX2:
		return tilesAVX2
	}
	return tilesPortable
}

// transpose writes the transpose of a square as wide as a panel.
func (l Level) transpose(dst, src []float32, w int) {
	switch _, _ = dst[w*w-1], src[w*w-1]; l {
	case AVX512:
		transposeAVX512(&dst[0], &src[0])
	case AVX2:
		transposeAVX2(&dst[0], &src[0])
	default:
		portableTranspose(dst, src, w)
	}
}
