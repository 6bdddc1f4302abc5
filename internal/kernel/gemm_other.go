//go:build !amd64

package kernel

func vectorLevels() []Level { return nil }

var tilesPortable = []tile{portableTile[float32]}

func (l Level) tiles() []tile { return tilesPortable }

func (l Level) transpose(dst, src []float32, w int) { portableTranspose(dst, src, w) }

func prefetch(*float32, int, int) {}
