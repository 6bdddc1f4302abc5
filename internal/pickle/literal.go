package pickle

import (
	"encoding/binary"
	"math"
	"strings"
)

// literal pushes a value that is written in the program.
func (m *machine) literal(op byte) error {
	switch op {
	case 'N': // NONE
		return m.push(nil)
	case 0x88, 0x89: // NEWTRUE, NEWFALSE
		return m.push(op == 0x88)
	case ']': // EMPTY_LIST
		return m.push(&list{})
	case '}': // EMPTY_DICT
		return m.push(&dict{})
	case 'X': // BINUNICODE
		n, err := m.number(4)
		if err != nil {
			return err
		}
		s, err := m.bytes(int(n))
		if err != nil {
			return err
		}
		return m.push(s)
	case 'G': // BINFLOAT
		b, err := m.bytes(8)
		if err != nil {
			return err
		}
		return m.push(math.Float64frombits(binary.BigEndian.Uint64([]byte(b))))
	}
	return m.integer(op)
}

// integer pushes a whole number of one of the sizes.
func (m *machine) integer(op byte) error {
	var width int
	signed := true
	switch op {
	case 'K': // BININT1
		width, signed = 1, false
	case 'M': // BININT2
		width, signed = 2, false
	case 'J': // BININT
		width = 4
	case 0x8a: // LONG1
		n, err := m.number(1)
		if err != nil {
			return err
		}
		if width = int(n); width > 8 {
			return m.refuse("a number of %d bytes", width)
		}
	default:
		m.at--
		return m.refuse("operation %#02x is not one that tensors take; nothing was run", op)
	}
	n, err := m.number(width)
	if err != nil {
		return err
	}
	v := int64(n)
	if unused := 64 - 8*width; signed && width > 0 {
		v = v << unused >> unused // the sign
	}
	return m.push(v)
}

// bytes reads n bytes of the program, which the result aliases.
func (m *machine) bytes(n int) (string, error) {
	if n < 0 || n > len(m.program)-m.at {
		return "", m.refuse("the pickle is cut short")
	}
	m.at += n
	return m.program[m.at-n : m.at], nil
}

// line reads up to the end of a line.
func (m *machine) line() (string, error) {
	n := strings.IndexByte(m.program[m.at:], '\n')
	if n < 0 {
		return "", m.refuse("the pickle is cut short")
	}
	s, err := m.bytes(n + 1)
	return strings.TrimSuffix(s, "\n"), err
}

// number reads a little-endian number without a sign.
func (m *machine) number(width int) (n uint64, err error) {
	b, err := m.bytes(width)
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n, err
}
