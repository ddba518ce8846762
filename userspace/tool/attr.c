// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink attributes: walking over them and reading their values.
 *
 * Copyright (C) 2026 The KDIPC authors
 */
#include <string.h>

#include "attr.h"

void attr_walk_start(struct attr_walk *walk, const void *start, size_t length)
{
	walk->at = start;
	walk->left = length;
	walk->bad = false;
}

const struct nlattr *attr_walk_next(struct attr_walk *walk)
{
	const struct nlattr *attr = (const struct nlattr *)walk->at;
	size_t step;

	if (!walk->left)
		return NULL;
	if (walk->left < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN ||
	    attr->nla_len > walk->left) {
		walk->bad = true;
		return NULL;
	}
	step = NLA_ALIGN(attr->nla_len);
	if (step > walk->left)
		step = walk->left;
	walk->at += step;
	walk->left -= step;
	return attr;
}

uint16_t attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

const void *attr_payload(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

size_t attr_length(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

bool attr_has_form(const struct nlattr *attr, enum attr_form form)
{
	size_t length = attr_length(attr);
	const char *payload = attr_payload(attr);

	switch (form) {
	case ATTR_ANY:
		return true;
	case ATTR_FLAG:
		return length == 0;
	case ATTR_U8:
		return length == sizeof(uint8_t);
	case ATTR_U16:
		return length == sizeof(uint16_t);
	case ATTR_U32:
		return length == sizeof(uint32_t);
	case ATTR_U64:
		return length == sizeof(uint64_t);
	case ATTR_STRING:
		return length > 0 && payload[length - 1] == '\0';
	}
	return false;
}

uint64_t attr_number(const struct nlattr *attr)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} value;

	memset(&value, 0, sizeof(value));
	memcpy(&value, attr_payload(attr), attr_length(attr));
	switch (attr_length(attr)) {
	case sizeof(value.u8):
		return value.u8;
	case sizeof(value.u16):
		return value.u16;
	case sizeof(value.u32):
		return value.u32;
	}
	return value.u64;
}
