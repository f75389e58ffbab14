"""GPT-2's byte pairs (Radford et al. 2019) on 10,000 made sentences, in plain Python.

    /usr/bin/python3 tests/golden/byte_pairs.py VOCABULARY.json MERGES

The two files are GPT-2's, from the package that `figment data` names gpt2-vocabulary. Sentence s is made of 3 to 18 parts,
part p of PARTS[hash32(s, p) % len(PARTS)] with p from 1; hash32(s, 0) % 16 gives the number less 3. The pattern is GPT-2's,
with letters, numbers and white space as Unicode has them. Keys: lengths, tokens of each sentence; sums, of each sentence
the sum of token * (place + 1) modulo 2^31; first, the tokens of the first twenty sentences one after the other.
"""

import json
import re
import sys
import unicodedata

import torch

import golden

PARTS = [
    "the", " the", " quick", " brown", "fox", " jumps", "it's", " I'll", "we've", " they're", "he'd", "'m", "'tis", "'S",
    " ", "  ", "   ", "\n", "\n\n", "\t", " \n ", "\u00a0", "\u3000", "\u2028", "\u200b", "\ufeff", "0", " 42", "1,234.5", "\u00bd", "\u0664\u0662",
    "\u2167", ".", ", ", "!?", " (", ")", "--", "\"", " \u2026", "\u20ac", "#include", "don't", "\u00e9t\u00e9", " na\u00efve", "e\u0301",
    "\ud55c\uad6d\uc5b4", " \uc548\ub155\ud558\uc138\uc694", "\u65e5\u672c\u8a9e", " \u4f60\u597d", "\u0440\u0443\u0441\u0441\u043a\u0438\u0439", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u0939\u093f\u0928\u094d\u0926\u0940", "\U0001d538\U0001d539", " \U0001d4d0\U0001d4d1\U0001d4d2", "\U0001d7d8\U0001d7d9",
    "\U0001f600", " \U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\U0001f1f0\U0001f1f7", " x\u00b2", "\U00020000", "unbelievable", " antidisestablishmentarianism",
    "http://a.b/c?d=e", "_under_score", "CamelCase", "aaaaaaaaaaaaaaaaaaaaaaaa", "\r\n",
]


def kind(c):
    category = unicodedata.category(c)
    if category[0] in "LN":
        return category[0]
    return "S" if category[0] == "Z" or c in "\t\n\v\f\r\x85" else "O"




def pieces(text):
    """The pattern, alternative by alternative, as a backtracking matcher takes it."""
    at = 0
    while at < len(text):
        for ending in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d"):
            if text.startswith(ending, at):
                end = at + len(ending)
                break
        else:
            end = None
            for wanted in "LNO":
                start = at + 1 if text[at] == " " else at
                stop = start
                while stop < len(text) and kind(text[stop]) == wanted:
                    stop += 1
                if stop > start:
                    end = stop
                    break
            if end is None:  # white space: \s+(?!\S), else \s+
                stop = at
                while stop < len(text) and kind(text[stop]) == "S":
                    stop += 1
                end = stop if stop == len(text) or stop == at + 1 else stop - 1
        yield text[at:end]
        at = end


def signs():
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(rest)}}


def main(vocabulary, merges):
    with open(vocabulary, encoding="utf-8") as file:
        numbers = json.load(file)
    with open(merges, encoding="utf-8") as file:
        lines = file.read().split("\n")[1:]
    ranks = {tuple(line.split()): rank for rank, line in enumerate(lines) if line}
    sign = signs()
    known = {}

    def encode(piece):
        if piece not in known:
            word = [sign[b] for b in piece.encode("utf-8")]
            while len(word) > 1:
                best = min(zip(word, word[1:]), key=lambda pair: ranks.get(pair, 1 << 30))
                if best not in ranks:
                    break
                merged, i = [], 0
                while i < len(word):
                    if tuple(word[i:i + 2]) == best:
                        merged.append("".join(best))
                        i += 2
                    else:
                        merged.append(word[i])
                        i += 1
                word = merged
            known[piece] = [numbers[part] for part in word]
        return known[piece]

    lengths, sums, first = [], [], []
    for s in range(10_000):
        text = "".join(PARTS[golden.hash32(s, p) % len(PARTS)] for p in range(1, 4 + golden.hash32(s, 0) % 16))
        tokens = [token for piece in pieces(text) for token in encode(piece)]
        lengths.append(len(tokens))
        sums.append(sum(token * (place + 1) for place, token in enumerate(tokens)) % 2 ** 31)
        if s < 20:
            first += tokens
    golden.publish(__file__, {name: torch.tensor(values, dtype=torch.float64)
                              for name, values in (("lengths", lengths), ("sums", sums), ("first", first))})


main(*sys.argv[1:])
