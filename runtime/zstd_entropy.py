"""Entropy coding in zstd blocks, in pure Python: tables of finite states and of Huffman codes (RFC 8878, section 4).

Bit streams are read through a window: a Python integer of a few dozen bytes, of which the low ``p`` bits are unread. That
keeps shifts cheap; a shift of an integer as long as the block would cost a copy of the block for every field.
"""

_HUF_BITS = 11


class DamagedBlockError(Exception):
    """The block is not what the format allows; the message says what is wrong."""


def read_counts(data, at, max_accuracy, max_symbols):
    """Normalised counts at data[at:], their accuracy, and where they end (section 4.1.1)."""
    bits = int.from_bytes(data[at : at + 256], "little")
    accuracy = (bits & 15) + 5
    if accuracy > max_accuracy:
        raise DamagedBlockError("a table of accuracy {}".format(accuracy))
    p = 4
    left = 1 << accuracy
    counts = []
    while left > 0:
        width = (left + 1).bit_length()
        value = bits >> p & (1 << width) - 1
        low = value & (1 << width - 1) - 1
        spare = (1 << width) - 2 - left  # so many values do with one bit less
        if low < spare:
            value = low
            p += width - 1
        else:
            if value >> width - 1:
                value -= spare
            p += width
        counts.append(value - 1)
        left -= abs(value - 1)
        if value == 1:
            while True:
                zeros = bits >> p & 3
                p += 2
                counts.extend([0] * zeros)
                if zeros < 3 or len(counts) > max_symbols:
                    break
        if len(counts) > max_symbols:
            raise DamagedBlockError("a table of too many symbols")
    end = at + (p + 7 >> 3)
    if left or end > len(data):
        raise DamagedBlockError("a table whose counts do not add up")
    return counts, accuracy, end


def spread(counts, accuracy):
    """Rows (symbol, bits to read, what to add to them) of a decoding table, by state (section 4.1.1)."""
    size = 1 << accuracy
    symbols = [0] * size
    high = size - 1
    for symbol, count in enumerate(counts):
        if count < 0:
            symbols[high] = symbol
            high -= 1
    step = (size >> 1) + (size >> 3) + 3
    at = 0
    for symbol, count in enumerate(counts):
        for _ in range(count):
            symbols[at] = symbol
            at = at + step & size - 1
            while at > high:
                at = at + step & size - 1
    follow = [abs(count) for count in counts]
    rows = []
    for symbol in symbols:
        state = follow[symbol]
        follow[symbol] += 1
        bits = accuracy + 1 - state.bit_length()
        rows.append((symbol, bits, (state << bits) - size))
    return rows


def bit_length(data):
    """Number of bits below the end mark, the highest bit set in the last byte."""
    if not data or not data[-1]:
        raise DamagedBlockError("a bit stream without its end mark")
    return 8 * len(data) - 9 + data[-1].bit_length()


def read_weights(data, at):
    """Huffman weights described at data[at:] but for the last, which follows from them; and where they end (section 4.2.1)."""
    if at >= len(data):
        raise DamagedBlockError("a Huffman table that is cut off")
    head = data[at]
    at += 1
    end = at + (head - 126 >> 1 if head >= 128 else head)
    if end > len(data):
        raise DamagedBlockError("a Huffman table that is cut off")
    if head >= 128:
        nibbles = [nibble for byte in data[at:end] for nibble in (byte >> 4, byte & 15)]
        return nibbles[: head - 127], end
    counts, accuracy, start = read_counts(data[:end], at, 6, 256)
    rows = spread(counts, accuracy)
    p = bit_length(data[start:end])
    bits = int.from_bytes(data[start:end], "little")
    p -= accuracy
    state = bits >> max(p, 0) & (1 << accuracy) - 1
    p -= accuracy
    if p < 0:
        raise DamagedBlockError("a Huffman table that is cut off")
    other = bits >> p & (1 << accuracy) - 1
    weights: list = []
    while len(weights) < 255:  # two states take turns until one has no bits left to go on with
        symbol, width, base = rows[state]
        weights.append(symbol)
        p -= width
        if p < 0:
            weights.append(rows[other][0])
            return weights, end
        state, other = other, base + (bits >> p & (1 << width) - 1)
    raise DamagedBlockError("a Huffman table of too many symbols")


class Huffman(object):
    """Tables by the next ``bits`` bits: ``single`` gives (symbol, its bits), ``several`` (as many symbols as fit, all their bits)."""

    def __init__(self, weights):
        total = sum(1 << weight - 1 for weight in weights if weight)
        self.bits = total.bit_length()
        rest = (1 << self.bits) - total
        if not total or self.bits > _HUF_BITS or rest & rest - 1 or len(weights) > 255:
            raise DamagedBlockError("a Huffman table whose weights do not add up")
        weights = weights + [rest.bit_length()]
        if weights.count(1) < 2:
            raise DamagedBlockError("a Huffman table that is no prefix code")
        single: list = []
        self.single = single
        for weight in range(1, self.bits + 1):
            for symbol, own in enumerate(weights):
                if own == weight:
                    single += [(symbol, self.bits + 1 - weight)] * (1 << weight - 1)
        self._several = None

    @property
    def several(self):
        if self._several is None:
            full, single = self.bits, self.single
            mask = (1 << full) - 1
            byte = [bytes((n,)) for n in range(256)]
            table = []
            for index in range(1 << full):
                symbol, used = single[index]
                symbols = byte[symbol]
                while True:
                    symbol, more = single[index << used & mask]
                    if used + more > full:
                        break
                    symbols += byte[symbol]
                    used += more
                table.append((symbols, used))
            self._several = table
        return self._several

    def decode(self, data, size):
        """``size`` bytes from the stream ``data``, which must end with them."""
        p = bit_length(data)
        lo, p = p >> 3, p & 7
        full = self.bits
        mask = (1 << full) - 1
        bits = int.from_bytes(data[lo:], "little")
        from_bytes = int.from_bytes
        # Short streams do not pay for the larger table.
        long = size >= 1000
        out = bytearray()
        pieces: list = []
        table = self.several if long else self.single
        append = pieces.append if long else out.append
        while True:
            while p >= full:
                symbols, used = table[bits >> p - full & mask]
                append(symbols)
                p -= used
            if not lo:
                break
            hi = lo + (p + 7 >> 3)
            p += 8 * min(lo, 56)
            lo = max(lo - 56, 0)
            bits = from_bytes(data[lo:hi], "little")
        if long:
            out = bytearray().join(pieces)
        while p:
            symbol, used = self.single[bits << full - p & mask]
            out.append(symbol)
            p -= used
            if p < 0:
                raise DamagedBlockError("a stream of literals that is cut off")
        if len(out) != size:
            raise DamagedBlockError("a stream of {} literals, not {}".format(len(out), size))
        return out
