// SPDX-License-Identifier: GPL-2.0
/*
 * Copyright (C) 2026 The KDIPC authors
 *
 * Draw the plate that heat wrote: a PNG with colours from black through red
 * and yellow to white, lines of equal heat, and beside it a scale.
 *
 *	plate2png PLATE.bin PLATE.png
 *
 * A program of its own, for the host: heat runs on nodes without libpng.
 */
#include <err.h>
#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH		512	/* the plate is enlarged to about this */
#define MARGIN		16
#define SCALE_WIDTH	24
#define LINES		10	/* of equal heat, between coldest and hottest */

struct plate {
	int rows, cols;
	double *values;
	double low, high;
};

struct picture {
	int width, height, zoom;
	unsigned char *pixels;
};

static void load(struct plate *plate, const char *path)
{
	FILE *file = fopen(path, "r");
	size_t count;

	if (!file)
		err(1, "%s", path);
	if (fscanf(file, "matrix %d %d", &plate->rows, &plate->cols) != 2 ||
	    fgetc(file) != '\n' || plate->rows < 1 || plate->cols < 1 ||
	    plate->rows > 1 << 14 || plate->cols > 1 << 14)
		errx(1, "%s: not a matrix", path);
	count = (size_t)plate->rows * plate->cols;
	plate->values = malloc(count * sizeof(double));
	if (!plate->values)
		err(1, "%s", path);
	if (fread(plate->values, sizeof(double), count, file) != count)
		errx(1, "%s: too short", path);
	fclose(file);
}

static void find_range(struct plate *plate)
{
	plate->low = plate->values[0];
	plate->high = plate->low;
	for (long i = 1; i < (long)plate->rows * plate->cols; i++) {
		plate->low = fmin(plate->low, plate->values[i]);
		plate->high = fmax(plate->high, plate->values[i]);
	}
}

static double between(double low, double value, double high)
{
	return fmin(fmax(value, low), high);
}

/* The plate between its points, so that the picture is smooth. */
static double heat_at(const struct plate *plate, double row, double col)
{
	int r = (row = between(0, row, plate->rows - 1));
	int c = (col = between(0, col, plate->cols - 1));
	int south = r + (r < plate->rows - 1), east = c + (c < plate->cols - 1);
	const double *v = plate->values;
	double top = v[r * plate->cols + c] * (1 - (col - c)) +
		     v[r * plate->cols + east] * (col - c);
	double bottom = v[south * plate->cols + c] * (1 - (col - c)) +
			v[south * plate->cols + east] * (col - c);

	return top * (1 - (row - r)) + bottom * (row - r);
}

static double part_of(const struct plate *plate, double heat)
{
	if (plate->high == plate->low)
		return 0;
	return (heat - plate->low) / (plate->high - plate->low);
}

/* 0 is nearly black, 1 nearly white; red comes first, then green, then blue. */
static void set_pixel(struct picture *picture, int x, int y, double part)
{
	unsigned char *pixel = picture->pixels +
			       3L * (y * picture->width + x);

	pixel[0] = 20 + 235 * between(0, part * 2.6, 1);
	pixel[1] = 12 + 243 * between(0, part * 2.2 - 0.7, 1);
	pixel[2] = 60 * (1 - between(0, part * 3, 1)) +
		   225 * between(0, part * 3.4 - 2.4, 1);
}

static int band(double part)
{
	return part * LINES - 0.000001;
}

static void draw_plate(struct picture *picture, const struct plate *plate)
{
	double zoom = picture->zoom;

	for (int y = 0; y < plate->rows * picture->zoom; y++) {
		for (int x = 0; x < plate->cols * picture->zoom; x++) {
			double row = (y + 0.5) / zoom - 0.5;
			double col = (x + 0.5) / zoom - 0.5, next = 1 / zoom;
			double part = part_of(plate, heat_at(plate, row, col));
			double east = part_of(plate, heat_at(plate, row,
							     col + next));
			double south = part_of(plate, heat_at(plate, row + next,
							      col));

			if (band(part) != band(east) ||
			    band(part) != band(south))
				part = fmax(0, part - 0.12);
			set_pixel(picture, MARGIN + x, MARGIN + y, part);
		}
	}
}

static void draw_scale(struct picture *picture)
{
	int height = picture->height - 2 * MARGIN;
	int left = picture->width - MARGIN - SCALE_WIDTH;

	for (int y = 0; y < height; y++) {
		double part = 1 - (y + 0.5) / height, below = part - 1.0 / height;
		int x = 0;

		for (; x < SCALE_WIDTH; x++)
			set_pixel(picture, left + x, MARGIN + y, part);
		if (band(part) == band(below))
			continue;
		for (x = 0; x < 6; x++)
			memset(picture->pixels + 3L * ((MARGIN + y) *
			       picture->width + left + SCALE_WIDTH + x), 0, 3);
	}
}

static void save(struct picture *picture, const char *path)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION,
		.width = picture->width,
		.height = picture->height,
		.format = PNG_FORMAT_RGB,
	};

	if (!png_image_write_to_file(&image, path, 0, picture->pixels, 0, NULL))
		errx(1, "%s: %s", path, image.message);
}

static void make(struct picture *picture, const struct plate *plate)
{
	int larger = plate->rows > plate->cols ? plate->rows : plate->cols;
	size_t bytes;

	picture->zoom = larger < WIDTH ? WIDTH / larger : 1;
	picture->width = plate->cols * picture->zoom + SCALE_WIDTH + 3 * MARGIN;
	picture->height = plate->rows * picture->zoom + 2 * MARGIN;
	bytes = 3UL * picture->width * picture->height;
	picture->pixels = malloc(bytes);
	if (!picture->pixels)
		err(1, "no memory for the picture");
	memset(picture->pixels, 255, bytes);
}

int main(int argc, char **argv)
{
	struct plate plate;
	struct picture picture;

	bool help = argc == 2 && !strcmp(argv[1], "--help");

	if (argc != 3) {
		fprintf(help ? stdout : stderr, "usage: %s PLATE.bin PLATE.png\n",
			program_invocation_short_name);
		return help ? 0 : 2;
	}
	load(&plate, argv[1]);
	find_range(&plate);
	make(&picture, &plate);
	draw_plate(&picture, &plate);
	draw_scale(&picture);
	save(&picture, argv[2]);
	printf("%s: %dx%d, from %.2f to %.2f\n", argv[2], plate.rows,
	       plate.cols, plate.low, plate.high);
	return 0;
}
