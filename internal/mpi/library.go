//go:build mpi && !windows

package mpi

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// handle is a communicator, a datatype or the like: Open MPI's are pointers, those of MPICH numbers of 32 bits. As an argument of a
// call either fits a register.
type handle = uintptr

// Of MPICH's ABI (mpi.h of MPICH 4.0).
const (
	mpichWorld       = 0x44000000
	mpichByte        = 0x4c00010d
	mpichFloat       = 0x4c00040a
	mpichErrorReturn = 0x54000001
)

// Sizes of what the libraries write (MPI_MAX_LIBRARY_VERSION_STRING, MPI_MAX_ERROR_STRING; the larger of both families).
const (
	maxVersion = 8192
	maxError   = 512
)

// threadFunneled is MPI_THREAD_FUNNELED: one thread calls.
const threadFunneled = 1

// library is a loaded MPI library.
type library struct {
	path, version                   string
	world, byte, float, errorReturn handle

	initThread  func(argc, argv unsafe.Pointer, required int32, provided *int32) int32
	getVersion  func(version *uint8, n *int32) int32
	commRank    func(c handle, out *int32) int32
	commSize    func(c handle, out *int32) int32
	setError    func(c, handler handle) int32
	errorString func(code int32, text *uint8, n *int32) int32
	allgather   func(from unsafe.Pointer, n int32, of handle, to unsafe.Pointer, m int32, as handle, c handle) int32
	alltoall    func(from unsafe.Pointer, n int32, of handle, to unsafe.Pointer, m int32, as handle, c handle) int32
	bcast       func(b unsafe.Pointer, n int32, of handle, root int32, c handle) int32
	finalize    func() int32
}

// candidates are the names of libraries to try, those of the launcher's family first.
func candidates(l Launcher, named string) []string {
	if named != "" {
		return []string{named}
	}
	open, mpich := []string{"libmpi.so.40", "libmpi.so.80"}, []string{"libmpich.so.12", "libmpi.so.12"}
	if strings.HasPrefix(l.Name, "MPICH") {
		return append(mpich, open...)
	}
	return append(open, mpich...)
}

// open loads the library. What it reads of the environment is set before.
func open(l Launcher, named string) (*library, error) {
	setenv("OMPI_MCA_mpi_yield_when_idle", "1") // else processes that wait keep those that share their cores from computing
	var all []error
	for _, path := range candidates(l, named) {
		h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			return resolve(path, h)
		}
		all = append(all, err)
	}
	return nil, fmt.Errorf("no library: install Open MPI or MPICH, or name the library in DYLORA_MPI: %w", errors.Join(all...))
}

// setenv sets a variable of the C library's environment, which is not Go's, unless it is set there.
func setenv(name, value string) {
	h, err := purego.Dlopen("", purego.RTLD_NOW)
	if err != nil {
		return
	}
	if _, err := purego.Dlsym(h, "setenv"); err != nil {
		return
	}
	var set func(name, value string, overwrite int32) int32
	purego.RegisterLibFunc(&set, h, "setenv")
	set(name, value, 0)
}

// resolve finds the functions and the constants of the library's family.
func resolve(path string, h uintptr) (*library, error) {
	l := &library{path: path}
	for name, f := range map[string]any{
		"MPI_Init_thread": &l.initThread, "MPI_Get_library_version": &l.getVersion, "MPI_Comm_rank": &l.commRank, "MPI_Comm_size": &l.commSize,
		"MPI_Comm_set_errhandler": &l.setError, "MPI_Error_string": &l.errorString, "MPI_Allgather": &l.allgather, "MPI_Alltoall": &l.alltoall, "MPI_Bcast": &l.bcast,
		"MPI_Finalize": &l.finalize,
	} {
		a, err := purego.Dlsym(h, name)
		if err != nil {
			return nil, fmt.Errorf("%s is no MPI library: %w", path, err)
		}
		purego.RegisterFunc(f, a)
	}
	v, n := make([]byte, maxVersion), int32(0)
	if code := l.getVersion(&v[0], &n); code != 0 { // may be called before MPI_Init
		return nil, fmt.Errorf("%s: MPI_Get_library_version: error %d", path, code)
	}
	v, _, _ = bytes.Cut(v, []byte{0})
	l.version, _, _ = strings.Cut(string(v), "\n")
	is := func(prefix string) bool { return strings.HasPrefix(l.version, prefix) }
	switch {
	case is("Open MPI"):
		for name, p := range map[string]*handle{
			"ompi_mpi_comm_world": &l.world, "ompi_mpi_byte": &l.byte, "ompi_mpi_float": &l.float, "ompi_mpi_errors_return": &l.errorReturn,
		} {
			a, err := purego.Dlsym(h, name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			*p = a
		}
	case is("MPICH"), is("MVAPICH"), is("Intel(R) MPI"), strings.Contains(l.version, "CRAY MPICH"):
		l.world, l.byte, l.float, l.errorReturn = mpichWorld, mpichByte, mpichFloat, mpichErrorReturn
	default:
		return nil, fmt.Errorf("%s: %.80q is neither Open MPI nor of MPICH's ABI", path, l.version)
	}
	return l, nil
}

// init joins the world; later calls have to come from the same thread.
func (l *library) init() (rank, size int, err error) {
	var provided, r, s int32
	if err := l.check("MPI_Init_thread", l.initThread(nil, nil, threadFunneled, &provided)); err != nil {
		return 0, 0, err
	}
	if err := l.check("MPI_Comm_set_errhandler", l.setError(l.world, l.errorReturn)); err != nil {
		return 0, 0, err
	}
	if err := l.check("MPI_Comm_rank", l.commRank(l.world, &r)); err != nil {
		return 0, 0, err
	}
	err = l.check("MPI_Comm_size", l.commSize(l.world, &s))
	return int(r), int(s), err
}

// name is the library's version and file.
func (l *library) name() string {
	version, _, _ := strings.Cut(l.version, ",")
	return version + " (" + l.path + ")"
}

// check is an error for a code of the library's.
func (l *library) check(call string, code int32) error {
	if code == 0 {
		return nil
	}
	text, n := make([]byte, maxError), int32(0)
	l.errorString(code, &text[0], &n)
	text, _, _ = bytes.Cut(text, []byte{0})
	return fmt.Errorf("MPI: %s: %s (error %d)", call, text, code)
}
