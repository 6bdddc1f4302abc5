package pickle

import "github.com/dylora/dylora/internal/fault"

// machine runs a pickle of protocol 2, which is what torch.save writes, with those of its
// operations that tensors take. Every one of them allocates a bounded number of bytes for
// each value that it puts on the stack. Source: Lib/pickletools.py of CPython; the choice
// of operations is that of torch/_weights_only_unpickler.py.
type machine struct {
	file     string
	program  string
	at       int
	stack    []any
	marks    []int // heights of the stack
	memo     []any
	storages storages
}

// The values of a pickle, beside string, int64, float64, bool and nil.
type (
	tuple []any
	list  struct{ values []any }
	dict  struct{ keys, values []any }
)

// kind names what a value is, for messages.
func kind(v any) string {
	switch v.(type) {
	case tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dict"
	case *tensor:
		return "a tensor"
	case *storage:
		return "a storage"
	case global:
		return "a function"
	case string:
		return "a string"
	case nil:
		return "None"
	}
	return "a number"
}

// run executes the program and returns the value that it stops with.
func (m *machine) run() (any, error) {
	for range maxOperations {
		op, err := m.bytes(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			return m.pop()
		}
		if err := m.step(op[0]); err != nil {
			return nil, err
		}
	}
	return nil, m.refuse("more than %d operations, no weights take that many", maxOperations)
}

// step executes one operation.
func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		b, err := m.bytes(1)
		if err == nil && b[0] != 2 {
			return m.refuse("protocol %d is not read, only 2, which torch.save writes by itself", b[0])
		}
		return err
	case '(': // MARK
		m.marks = append(m.marks, len(m.stack))
		return nil
	case 'c': // GLOBAL
		return m.global()
	case 'Q': // BINPERSID
		return m.reply(m.storages.find)
	case 'R': // REDUCE
		return m.reduce()
	case 'b': // BUILD
		return m.build()
	case 'q', 'r', 'h', 'j':
		return m.remember(op)
	case ')', 't', 0x85, 0x86, 0x87:
		return m.tuple(op)
	case 'a', 'e', 's', 'u':
		return m.collect(op)
	}
	return m.literal(op)
}

// remember stores the top of the stack in the memo, or pushes what is there. Places are
// taken in order, as pickle numbers them.
func (m *machine) remember(op byte) error {
	width := 1
	if op == 'r' || op == 'j' {
		width = 4
	}
	n, err := m.number(width)
	if err != nil {
		return err
	}
	if op == 'h' || op == 'j' { // BINGET, LONG_BINGET
		if n >= uint64(len(m.memo)) {
			return m.refuse("memo %d is empty", n)
		}
		return m.push(m.memo[n])
	}
	if len(m.stack) == 0 || n > uint64(len(m.memo)) {
		return m.refuse("memo %d cannot be set here", n)
	}
	if n == uint64(len(m.memo)) {
		m.memo = append(m.memo, nil)
	}
	m.memo[n] = m.stack[len(m.stack)-1]
	return nil
}

// tuple pushes a tuple of what lies above the mark, or of the top values.
func (m *machine) tuple(op byte) error {
	n := 0
	switch op {
	case ')':
	case 't':
		var err error
		if n, err = m.marked(); err != nil {
			return err
		}
	default:
		n = int(op - 0x84)
	}
	values, err := m.take(n)
	if err != nil {
		return err
	}
	return m.push(append(tuple{}, values...))
}

// collect adds values to a list or to a dict below them.
func (m *machine) collect(op byte) error {
	var n int
	var err error
	switch op {
	case 'a': // APPEND
		n = 1
	case 's': // SETITEM
		n = 2
	default: // APPENDS, SETITEMS
		n, err = m.marked()
	}
	if err != nil {
		return err
	}
	values, err := m.take(n)
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return m.refuse("nothing to add to")
	}
	switch to := m.stack[len(m.stack)-1].(type) {
	case *list:
		if op == 'a' || op == 'e' {
			to.values = append(to.values, values...)
			return nil
		}
	case *dict:
		if (op == 's' || op == 'u') && n%2 == 0 {
			for i := 0; i < n; i += 2 {
				to.keys, to.values = append(to.keys, values[i]), append(to.values, values[i+1])
			}
			return nil
		}
	}
	return m.refuse("%d values cannot be added to %s", n, kind(m.stack[len(m.stack)-1]))
}

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

func (m *machine) pop() (any, error) {
	v, err := m.take(1)
	if err != nil {
		return nil, err
	}
	return v[0], nil
}

// take pops n values; they are valid until the next push.
func (m *machine) take(n int) ([]any, error) {
	low := 0
	if len(m.marks) > 0 {
		low = m.marks[len(m.marks)-1]
	}
	if len(m.stack)-n < low {
		return nil, m.refuse("%d values are wanted, %d are there", n, len(m.stack)-low)
	}
	values := m.stack[len(m.stack)-n:]
	m.stack = m.stack[:len(m.stack)-n]
	return values, nil
}

// marked takes the last mark away and says how many values lie above it.
func (m *machine) marked() (int, error) {
	if len(m.marks) == 0 {
		return 0, m.refuse("no mark")
	}
	low := m.marks[len(m.marks)-1]
	m.marks = m.marks[:len(m.marks)-1]
	return len(m.stack) - low, nil
}

// reply replaces the top value by what f makes of it.
func (m *machine) reply(f func(v any) (any, error)) error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	if v, err = f(v); fault.ClassOf(err) == fault.Invalid {
		return err // of the archive, which says where
	} else if err != nil {
		return m.refuse("%w", err)
	}
	return m.push(v)
}

func (m *machine) refuse(format string, a ...any) error {
	return refuse(m.file, "data.pkl at byte %d: "+format, append([]any{m.at}, a...)...)
}
