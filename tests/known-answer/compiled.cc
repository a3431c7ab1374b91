/* SPDX-License-Identifier: GPL-2.0-or-later */
/* build: -O2 -g -fomit-frame-pointer -no-pie -Wl,--build-id=sha1 */
/*
 * Ordinary C++, of which the compiler leaves little as it was written: the library's
 * algorithms and containers, lambdas, templates, virtual calls, what was split off as
 * cold. Nothing is told to be inlined or not.
 */
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace text {

struct word {
	std::string letters;
	unsigned long seen;
	bool operator<(const word &other) const
	{
		return seen != other.seen ? seen > other.seen : letters < other.letters;
	}
};

class source {
public:
	explicit source(unsigned int seed) : random(seed) {}
	std::string next()
	{
		std::string out(2 + random() % 3, ' ');
		for (char &c : out)
			c = "etaoinshrdlu"[random() % 12];
		return out;
	}

private:
	std::mt19937 random;
};

template <typename Map> static std::vector<word> count(source &from, size_t words)
{
	Map seen;
	std::vector<word> out;

	while (words--)
		++seen[from.next()];
	for (const auto &[letters, times] : seen)
		out.push_back({ letters, times });
	std::sort(out.begin(), out.end());
	return out;
}

static std::string join(const std::vector<word> &words)
{
	std::ostringstream out;

	for (const word &word : words)
		out << word.letters << ' ' << word.seen << '\n';
	return out.str();
}

static size_t matches(const std::string &text)
{
	static const std::regex pattern("([aeiou]+)([^aeiou ]*) ([0-9]+)");

	return std::distance(std::sregex_iterator(text.begin(), text.end(), pattern),
			     std::sregex_iterator());
}

}

namespace geometry {

struct shape {
	virtual ~shape() = default;
	virtual double area() const = 0;
};

template <int Corners> struct polygon : shape {
	double x[Corners], y[Corners];

	explicit polygon(std::mt19937 &random)
	{
		std::generate(x, x + Corners, [&] { return random() % 1000; });
		std::generate(y, y + Corners, [&] { return random() % 1000; });
	}
	double area() const override
	{
		double sum = 0;

		for (int i = 0; i < Corners; i++)
			sum += cross(i, (i + 1) % Corners);
		if (sum != sum)
			throw std::domain_error("area");
		return sum / 2;
	}

private:
	double cross(int i, int j) const { return x[i] * y[j] - x[j] * y[i]; }
};

static double all_areas(size_t count)
{
	std::mt19937 random(count);
	std::vector<std::unique_ptr<shape>> shapes;

	for (size_t i = 0; i < count; i++) {
		if (random() % 2)
			shapes.push_back(std::make_unique<polygon<3>>(random));
		else
			shapes.push_back(std::make_unique<polygon<7>>(random));
	}
	std::sort(shapes.begin(), shapes.end(),
		  [](const auto &a, const auto &b) { return a->area() < b->area(); });
	return std::accumulate(shapes.begin(), shapes.end(), 0.0,
			       [](double sum, const auto &shape) { return sum + shape->area(); });
}

}

static unsigned long solve(unsigned int size, unsigned int row, unsigned int columns,
			   unsigned int left, unsigned int right)
{
	unsigned long found = 0;

	if (row == size)
		return 1;
	for (unsigned int free = ~(columns | left | right) & ((1u << size) - 1); free;
	     free &= free - 1) {
		unsigned int bit = free & -free;

		found += solve(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
	}
	return found;
}

int main()
{
	std::function<unsigned long(int)> fibonacci = [&](int n) -> unsigned long {
		return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
	};
	unsigned long sum = 0;

	for (unsigned int round = 0; round < 10; round++) {
		text::source one(round), other(round + 100);

		sum += text::matches(text::join(text::count<std::map<std::string, size_t>>(one, 50000)));
		sum += text::join(text::count<std::unordered_map<std::string, size_t>>(other, 200000)).size();
		sum += geometry::all_areas(30000) > 0;
		sum += solve(10, 0, 0, 0, 0);
		sum += fibonacci(27);
	}
	return !sum;
}
