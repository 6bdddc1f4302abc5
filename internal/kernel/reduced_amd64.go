package kernel

import "golang.org/x/sys/cpu"

// vectorExtensions are those that this CPU has on top of a level.
func vectorExtensions(l Level) (list []Extension) {
	x := &cpu.X86
	if l == AVX2 && x.HasAVXVNNI || l == AVX512 && x.HasAVX512VNNI {
		list = append(list, VNNI)
	}
	if l == AVX512 && x.HasAVX512VNNI && x.HasAVX512BF16 {
		list = append(list, VNNI|BF16Dot)
	}
	return list
}

var (
	tilesI16AVX2        = []wordTile{i16AVX2x1, i16AVX2x2, i16AVX2x3, i16AVX2x4, i16AVX2x5, i16AVX2x6}
	tilesI16AVX2VNNI    = []wordTile{i16AVX2VNNIx1, i16AVX2VNNIx2, i16AVX2VNNIx3, i16AVX2VNNIx4, i16AVX2VNNIx5, i16AVX2VNNIx6}
	tilesI16AVX512      = everySecond(i16AVX512x1, i16AVX512x2, i16AVX512x4, i16AVX512x6, i16AVX512x8, i16AVX512x10, i16AVX512x12, i16AVX512x14)
	tilesI16AVX512VNNI  = everySecond(i16AVX512VNNIx1, i16AVX512VNNIx2, i16AVX512VNNIx4, i16AVX512VNNIx6, i16AVX512VNNIx8, i16AVX512VNNIx10, i16AVX512VNNIx12, i16AVX512VNNIx14)
	tilesInt8AVX2       = []wordTile{int8AVX2x1, int8AVX2x2, int8AVX2x3, int8AVX2x4, int8AVX2x5, int8AVX2x6}
	tilesInt8AVX512     = everySecond(int8AVX512x1, int8AVX512x2, int8AVX512x4, int8AVX512x6, int8AVX512x8, int8AVX512x10, int8AVX512x12, int8AVX512x14)
	tilesInt8AVX2VNNI   = []wordTile{int8AVX2VNNIx1, int8AVX2VNNIx2, int8AVX2VNNIx3, int8AVX2VNNIx4, int8AVX2VNNIx5, int8AVX2VNNIx6}
	tilesInt8AVX512VNNI = everySecond(int8AVX512VNNIx1, int8AVX512VNNIx2, int8AVX512VNNIx4, int8AVX512VNNIx6, int8AVX512VNNIx8, int8AVX512VNNIx10, int8AVX512VNNIx12, int8AVX512VNNIx14)
	tilesBF16           = everySecond(bf16AVX512x1, bf16AVX512x2, bf16AVX512x4, bf16AVX512x6, bf16AVX512x8, bf16AVX512x10, bf16AVX512x12, bf16AVX512x14)

	formAVX2       = &form{16, tilesI16AVX2, tilesInt8AVX2, false, nil, vectorDescale, pairTransposeAVX2}
	formAVX2VNNI   = &form{16, tilesI16AVX2VNNI, tilesInt8AVX2VNNI, true, nil, vectorDescale, pairTransposeAVX2}
	formAVX512     = &form{32, tilesI16AVX512, tilesInt8AVX512, false, nil, vectorDescale, pairTransposeAVX2}
	formAVX512VNNI = &form{32, tilesI16AVX512VNNI, tilesInt8AVX512VNNI, true, nil, vectorDescale, pairTransposeAVX2}
	formAVX512BF16 = &form{32, tilesI16AVX512VNNI, tilesInt8AVX512VNNI, true, tilesBF16, vectorDescale, pairTransposeAVX2}
)

// everySecond lists tiles of 1, 2, 4, 6, … rows by the number of rows that are wanted.
func everySecond(one wordTile, even ...wordTile) []wordTile {
	tiles := []wordTile{one}
	for i, t := range even {
		if i > 0 {
			tiles = append(tiles, t)
		}
		tiles = append(tiles, t)
	}
	return tiles
}

// formOf is the form for a level with extensions.
func formOf(l Level, e Extension) *form {
	switch {
	case l == AVX512 && e&BF16Dot != 0:
		return formAVX512BF16
	case l == AVX512 && e&VNNI != 0:
		return formAVX512VNNI
	case l == AVX512:
		return formAVX512
	case l == AVX2 && e&VNNI != 0:
		return formAVX2VNNI
	case l == AVX2:
		return formAVX2
	}
	return formPortable
}

func vectorDescale(whole, add bool, rows int, sum []float32, lda int, row, column, bias, c []float32, ldc int) {
	switch {
	case whole:
		descaleWholeAVX2(rows, &sum[0], lda, &row[0], &column[0], &bias[0], &c[0], ldc)
	case add:
		descaleAddAVX2(rows, &sum[0], lda, &row[0], &column[0], &bias[0], &c[0], ldc)
	default:
		descaleAVX2(rows, &sum[0], lda, &row[0], &column[0], &bias[0], &c[0], ldc)
	}
}

func (l Level) vectorAbsoluteMaximum(x, fold []float32) (uint32, bool) {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return 0, false
	case fold != nil:
		return absoluteMaximumFoldedAVX2(n, lanesOf(n%8), &x[0], &fold[0]), true
	}
	return absoluteMaximumAVX2(n, lanesOf(n%8), &x[0]), true
}

func (l Level) vectorQuantizeI16(q []int32, x, fold []float32, by float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case fold != nil:
		quantizeI16FoldedAVX2(n, lanesOf(n%8), &q[0], by, &x[0], &fold[0])
	default:
		quantizeI16AVX2(n, lanesOf(n%8), &q[0], by, &x[0])
	}
	return true
}

func (l Level) vectorQuantizeInt8(q []int32, x, fold []float32, by float32) bool {
	n := len(x)
	switch {
	case l == Portable || n == 0:
		return false
	case fold != nil:
		quantizeInt8FoldedAVX2(n, lanesOf(n%8), &q[0], by, &x[0], &fold[0])
	default:
		quantizeInt8AVX2(n, lanesOf(n%8), &q[0], by, &x[0])
	}
	return true
}

func (l Level) vectorRoundBF16(q []int32, x []float32) bool {
	n := len(x)
	if l == Portable || n == 0 {
		return false
	}
	roundBF16AVX2(n, lanesOf(n%8), &q[0], &x[0])
	return true
}
