// Command gen writes the assembly of package kernel. From this folder:
//
//	go run . -kernel gemm -out ../gemm_amd64.s -stubs ../gemm_stubs_amd64.go -pkg kernel
//
// and the same with -kernel integer, -kernel strided and -kernel vector; make gen runs
// all. The package's TestGenerated compares its files with what this program writes.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	kernel := flag.String("kernel", "", "what to write: gemm, integer, strided or vector")
	// avo's own flags -out, -stubs and -pkg are read by Generate.
	flag.Parse()
	ConstraintExpr("amd64")
	switch *kernel {
	case "gemm":
		gemm()
	case "integer":
		integer()
	case "strided":
		strided()
	case "vector":
		vector()
	default:
		fmt.Fprintf(os.Stderr, "gen: no kernel %q: want gemm, integer, strided or vector\n", *kernel)
		os.Exit(2)
	}
	Generate()
}
