"""The content of zstd blocks in pure Python (RFC 8878, section 3.1.1.2 to 3.1.1.4): about as fast as plain loops can be."""

from .zstd_entropy import DamagedBlockError, Huffman, bit_length, read_counts, read_weights, spread

# Code: (baseline, number of extra bits) (RFC 8878, tables 16 and 17).
_LITERAL_LENGTHS = [(n, 0) for n in range(16)]
_LITERAL_LENGTHS += zip((16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536),
                        (1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))  # fmt: skip
_MATCH_LENGTHS = [(n, 0) for n in range(3, 35)]
_MATCH_LENGTHS += zip((35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539),
                      (1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))  # fmt: skip
_OFFSETS = [(1 << n, n) for n in range(32)]

# Predefined distributions (section 3.1.1.3.2.2) with their accuracy.
_LITERAL_LENGTH_COUNTS = (4, 3) + (2,) * 11 + (1,) * 3 + (2,) * 9 + (3, 2) + (1,) * 5 + (-1,) * 4
_MATCH_LENGTH_COUNTS = (1, 4, 3, 2, 2, 2, 2, 2, 2) + (1,) * 37 + (-1,) * 7
_OFFSET_COUNTS = (1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1)

# What is coded by a table of its own: codes, predefined counts and their accuracy, greatest accuracy in a stream.
_FIELDS = (
    (_LITERAL_LENGTHS, _LITERAL_LENGTH_COUNTS, 6, 9),
    (_OFFSETS, _OFFSET_COUNTS, 5, 8),
    (_MATCH_LENGTHS, _MATCH_LENGTH_COUNTS, 6, 9),
)


def _sequence_table(counts, accuracy, codes):
    """Rows (baseline, extra bits, their mask, bits to read, their mask, what to add to them), by state; and the accuracy."""
    rows = []
    for symbol, bits, base in spread(counts, accuracy):
        baseline, extra = codes[symbol]
        rows.append((baseline, extra, (1 << extra) - 1, bits, (1 << bits) - 1, base))
    return rows, accuracy


class History(object):
    """The state of one frame: its last bytes, the last three offsets and the last tables.

    Args:
        window: How far back a match may reach, in bytes.
        block_max: The most bytes that a block may give.
    """

    def __init__(self, window, block_max):
        self._window = window
        self._block_max = block_max
        self._out = bytearray()
        self._offsets = (1, 4, 8)
        self._huffman = None
        self._tables: list = [None, None, None]

    def block(self, kind, size, data):
        """The bytes of a block: kind 0 raw, 1 one byte ``size`` times, 2 compressed.

        Raises:
            DamagedBlockError: The content is not what the format allows.
        """
        out = self._out
        if len(out) > self._window + (1 << 20):
            del out[: len(out) - self._window]
        start = len(out)
        if kind == 0:
            out += data
        elif kind == 1:
            out += data * size
        else:
            try:
                literals, at = self._literals(data)
                self._sequences(data, at, literals)
            except IndexError:
                raise DamagedBlockError("a block that is cut off")
        return bytes(memoryview(out)[start:]) if start else bytes(out)

    def _literals(self, data):
        """The literals of a compressed block, and where its sequences begin (section 3.1.1.3.1)."""
        kind = data[0] & 3
        form = data[0] >> 2 & 3
        if kind < 2:
            head = (1, 2, 1, 3)[form]
            size = int.from_bytes(data[:head], "little") >> (4 if head > 1 else 3)
            self._check_literals(size)
            end = head + (1 if kind else size)
            if end > len(data):
                raise DamagedBlockError("literals that are cut off")
            return (data[head:end] * size if kind else data[head:end]), end
        head, width = ((3, 10), (3, 10), (4, 14), (5, 18))[form]
        word = int.from_bytes(data[:head], "little") >> 4
        size = word & (1 << width) - 1
        end = head + (word >> width)
        self._check_literals(size)
        if end > len(data):
            raise DamagedBlockError("literals that are cut off")
        if kind == 2:
            weights, head = read_weights(data[:end], head)
            self._huffman = Huffman(weights)
        elif not self._huffman:
            raise DamagedBlockError("literals by the table of a block before, where there is none")
        if form == 0:
            return self._huffman.decode(data[head:end], size), end
        quarter = size + 3 >> 2
        ends = [head + 6]
        for i in range(3):
            ends.append(ends[-1] + int.from_bytes(data[head + 2 * i : head + 2 * i + 2], "little"))
        ends.append(end)
        if ends[3] >= end or size < 3 * quarter:
            raise DamagedBlockError("literals that are cut off")
        literals = bytearray()
        for i in range(4):
            literals += self._huffman.decode(data[ends[i] : ends[i + 1]], quarter if i < 3 else size - 3 * quarter)
        return literals, end

    def _check_literals(self, size):
        if size > self._block_max:
            raise DamagedBlockError("{} literals in a block".format(size))

    def _sequences(self, data, at, literals):
        """Decode the sequences at data[at:] and append what they and the literals give (sections 3.1.1.3.2 and 3.1.1.4)."""
        count = data[at]
        at += 1
        if count > 127:
            if count < 255:
                count = (count - 128 << 8) + data[at]
                at += 1
            else:
                count = data[at] + (data[at + 1] << 8) + 0x7F00
                at += 2
        if count:
            at = self._read_tables(data, at)
            self._execute(data[at:], count, literals)
        elif at != len(data):
            raise DamagedBlockError("a block that is longer than its content")
        else:
            self._out += literals

    def _read_tables(self, data, at):
        modes = data[at]
        at += 1
        if modes & 3:
            raise DamagedBlockError("a reserved bit is set in a block")
        for i, (codes, predefined, accuracy, max_accuracy) in enumerate(_FIELDS):
            mode = modes >> 6 - 2 * i & 3
            if mode == 0:
                self._tables[i] = _sequence_table(predefined, accuracy, codes)
            elif mode == 1:
                if data[at] >= len(codes):
                    raise DamagedBlockError("an unknown code")
                self._tables[i] = [codes[data[at]] + ((1 << codes[data[at]][1]) - 1, 0, 0, 0)], 0
                at += 1
            elif mode == 2:
                counts, width, at = read_counts(data, at, max_accuracy, len(codes))
                self._tables[i] = _sequence_table(counts, width, codes)
            elif not self._tables[i]:
                raise DamagedBlockError("sequences by the table of a block before, where there is none")
        return at

    def _execute(self, data, count, literals):
        limit = len(self._out) + self._block_max
        try:
            left, used = self._copy(data, count, literals, limit)
        except ValueError:  # a shift by less than nothing: the stream was over
            left = used = 1
        if left or used > len(literals):
            raise DamagedBlockError("a block whose sequences do not end where they should")
        self._out += literals[used:]
        if len(self._out) > limit:
            raise DamagedBlockError("a block of too many bytes")

    def _copy(self, data, count, literals, limit):
        """Appends what the sequences in a stream of bits say; how many bits are left over, and how many literals were used."""
        (ll_rows, ll_accuracy), (of_rows, of_accuracy), (ml_rows, ml_accuracy) = self._tables
        first, second, third = self._offsets
        out = self._out
        used = 0  # of the literals
        end = len(out)
        from_bytes = int.from_bytes
        p = bit_length(data)
        lo = max(p - 448 >> 3, 0)
        p -= 8 * lo
        bits = from_bytes(data[lo:], "little")
        p -= ll_accuracy
        ll = ll_rows[bits >> p & (1 << ll_accuracy) - 1]
        p -= of_accuracy
        of = of_rows[bits >> p & (1 << of_accuracy) - 1]
        p -= ml_accuracy
        ml = ml_rows[bits >> p & (1 << ml_accuracy) - 1]
        while True:
            if p < 96 and lo:  # a sequence takes 89 bits at the most
                hi = lo + (p + 7 >> 3)
                p += 8 * min(lo, 48)
                lo = max(lo - 48, 0)
                bits = from_bytes(data[lo:hi], "little")
            offset, extra, mask, of_width, of_mask, of_base = of
            if extra:
                p -= extra
                offset += bits >> p & mask
            match, extra, mask, ml_width, ml_mask, ml_base = ml
            if extra:
                p -= extra
                match += bits >> p & mask
            length, extra, mask, ll_width, ll_mask, ll_base = ll
            if extra:
                p -= extra
                length += bits >> p & mask
            if offset > 3:
                first, second, third = offset - 3, first, second
            elif offset > 1 or not length:  # 1 repeats the last one
                first, second, third = _repeated(offset if length else offset + 1, first, second, third)
            if length:
                out += literals[used : used + length]
                used += length
                end += length
            at = end - first
            end += match
            if at < 0 or end > limit or not first:
                raise DamagedBlockError("a match that is out of reach")
            if first >= match:
                out += out[at : at + match]
            else:
                out += (out[at:] * (match // first + 1))[:match]
            count -= 1
            if not count:
                break
            p -= ll_width
            ll = ll_rows[ll_base + (bits >> p & ll_mask)]
            p -= ml_width
            ml = ml_rows[ml_base + (bits >> p & ml_mask)]
            p -= of_width
            of = of_rows[of_base + (bits >> p & of_mask)]
        self._offsets = first, second, third
        return p or lo, used


def _repeated(code, first, second, third):
    """The last three offsets after one that a code of 2 to 4 repeats (section 3.1.1.5)."""
    if code == 2:
        return second, first, third
    return (third if code == 3 else first - 1), first, second
