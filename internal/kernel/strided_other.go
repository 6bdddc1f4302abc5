//go:build !amd64

package kernel

func vectorOuter([]float32, int, []float32, int, int, []float32, int, int, int, int, float32, bool) bool {
	return false
}

func vectorDots([]float32, int, []float32, int, []float32, int, int, int, int, float32, bool) bool {
	return false
}

func vectorTranspose([]float32, int, []float32, int, int, int) bool { return false }
