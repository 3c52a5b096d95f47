import type { Messages } from '@/i18n/catalogues'
import { SIDES } from './places'

export default {
  en: {
    page: { map: 'World map' },
    map: {
      side: 'Which end', sides: { both: 'Both ends', src: 'Source', dst: 'Destination', xff: 'Forwarded for' }, projection: 'Projection', flat: 'Flat', globe: 'Globe', countries: 'Countries', cities: 'Cities', list: 'Listed',
      country: 'Country', city: 'City', closer: 'Closer', wider: 'Wider', reset: 'Whole world', empty: 'No places known for these sessions', emptyHint: 'Private addresses have none; others need the geographic data file that the settings of the capture name.', title: 'Countries by {metric}',
      noCities: 'The city is known for none of these sessions: it takes a geographic data file with cities when they are captured.', citiesListed: 'Sessions hold the names of cities, not where they lie: the map shows their countries.',
    },
  },
  zh: {
    page: { map: '世界地图' },
    map: {
      side: '哪一端', sides: { both: '两端', src: '源', dst: '目的', xff: '转发来源' }, projection: '投影', flat: '平面', globe: '地球仪', countries: '国家和地区', cities: '城市', list: '列表内容',
      country: '国家或地区', city: '城市', closer: '放大', wider: '缩小', reset: '全世界', empty: '这些会话没有已知的位置', emptyHint: '私有地址没有位置；其他地址需要采集设置中指定的地理数据文件。', title: '按{metric}统计的国家和地区',
      noCities: '这些会话都没有已知的城市：捕获时需要含城市的地理数据文件。', citiesListed: '会话中只有城市名称而没有坐标：地图显示其所在国家。',
    },
  },
  built: SIDES.map((side) => `map.sides.${side}`),
} satisfies Messages
