//go:build !amd64

package kernel

func (Level) vectorOuter([]float32, int, []float32, int, int, []float32, int, int, int, int, float32, bool) bool {
	return false
}

func (Level) vectorDots([]float32, int, []float32, int, []float32, int, int, int, int, float32, bool) bool {
	return false
}

func (Level) vectorTranspose([]float32, int, []float32, int, int, int) bool { return false }
