/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-1 and SHA-256 of a buffer (FIPS 180-4): what a TPM does when a PCR is
 * extended. The tests use neither a library nor AF_ALG, so that they run on
 * every kernel that has a measurement list.
 */

#ifndef SHA_H
#define SHA_H

#include <linux/types.h>
#include <stddef.h>
#include <string.h>

#define SHA_BLOCK_SIZE 64

static __u32 sha_rol(const __u32 word, const int bits)
{
	return word << bits | word >> (32 - bits);
}

static __u32 sha_get_be32(const __u8 *const bytes)
{
	return (__u32)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
	       bytes[3];
}

static void sha_put_be32(__u8 *const bytes, const __u32 word)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = word >> (24 - 8 * i);
}

static void sha1_block(__u32 *const state, const __u8 *const block)
{
	static const __u32 constants[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
					   0xca62c1d6 };
	__u32 a = state[0], b = state[1], c = state[2], d = state[3];
	__u32 e = state[4];
	__u32 w[80];

	for (int i = 0; i < 80; i++) {
		__u32 f, next;

		if (i < 16) {
			w[i] = sha_get_be32(block + 4 * i);
		} else {
			next = w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16];
			w[i] = sha_rol(next, 1);
		}

		if (i < 20)
			f = (b & c) | (~b & d);
		else if (i < 40 || i >= 60)
			f = b ^ c ^ d;
		else
			f = (b & c) | (b & d) | (c & d);

		next = sha_rol(a, 5) + f + e + constants[i / 20] + w[i];
		e = d;
		d = c;
		c = sha_rol(b, 30);
		b = a;
		a = next;
	}

	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

static void sha256_block(__u32 *const state, const __u8 *const block)
{
	static const __u32 constants[] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
		0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
		0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
		0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
		0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
		0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
		0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
		0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
		0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
		0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
		0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
		0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	};
	__u32 w[64], v[8];

	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		__u32 s0, s1, t1, t2;

		if (i < 16) {
			w[i] = sha_get_be32(block + 4 * i);
		} else {
			s0 = sha_rol(w[i - 15], 25) ^ sha_rol(w[i - 15], 14) ^
			     w[i - 15] >> 3;
			s1 = sha_rol(w[i - 2], 15) ^ sha_rol(w[i - 2], 13) ^
			     w[i - 2] >> 10;
			w[i] = w[i - 16] + s0 + w[i - 7] + s1;
		}

		s1 = sha_rol(v[4], 26) ^ sha_rol(v[4], 21) ^ sha_rol(v[4], 7);
		t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
		     constants[i] + w[i];
		s0 = sha_rol(v[0], 30) ^ sha_rol(v[0], 19) ^ sha_rol(v[0], 10);
		t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}

	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

static void sha_digest(void (*const block)(__u32 *, const __u8 *),
		       __u32 *const state, const size_t num_words,
		       const __u8 *const data, const size_t len,
		       __u8 *const digest)
{
	const size_t rest = len % SHA_BLOCK_SIZE;
	__u8 tail[2 * SHA_BLOCK_SIZE] = {};
	size_t tail_len = SHA_BLOCK_SIZE;

	if (rest + 1 + sizeof(__u64) > SHA_BLOCK_SIZE)
		tail_len = sizeof(tail);

	memcpy(tail, data + len - rest, rest);
	tail[rest] = 0x80;
	sha_put_be32(tail + tail_len - 8, (__u64)len >> 29);
	sha_put_be32(tail + tail_len - 4, (__u64)len << 3);

	for (size_t i = 0; i < len - rest; i += SHA_BLOCK_SIZE)
		block(state, data + i);
	for (size_t i = 0; i < tail_len; i += SHA_BLOCK_SIZE)
		block(state, tail + i);
	for (size_t i = 0; i < num_words; i++)
		sha_put_be32(digest + 4 * i, state[i]);
}

/* Writes the 20 bytes of SHA-1 of @len bytes to @digest. */
static void sha1(const __u8 *const data, const size_t len, __u8 *const digest)
{
	__u32 state[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
			  0xc3d2e1f0 };

	sha_digest(sha1_block, state, 5, data, len, digest);
}

/* Writes the 32 bytes of SHA-256 of @len bytes to @digest. */
static void sha256(const __u8 *const data, const size_t len, __u8 *const digest)
{
	__u32 state[] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	sha_digest(sha256_block, state, 8, data, len, digest);
}

#endif /* SHA_H */
